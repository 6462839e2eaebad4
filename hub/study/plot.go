package study

import (
	"io"

	"jiaohao/hub/drive"
)

// plot draws a result: how long people wait under each rule, and how far off each
// estimator is.
func (r *Result) plot(w io.Writer) error {
	errs := drive.Panel{Heading: "Mean error of the estimate in min, of those who waited · 预计等候的平均误差（分钟）"}
	for _, e := range r.Estimates {
		errs.Bars = append(errs.Bars, drive.Bar{Name: e.Name, Value: e.LateMAE, Ours: e.Name == Ours})
	}
	return drive.WriteSVG(w, []drive.Panel{drive.Waits(r.Record, r.Rules), errs}, r.Attribution)
}

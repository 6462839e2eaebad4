package replay

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Pick chooses one day of a file that holds several. Empty takes the only one.
type Pick struct {
	Date   string // 2006-01-02
	Office string // of a Warsaw file
}

// FileError is a mistake in a recorded file: where, what, and what would be right.
type FileError struct {
	Line  int    // 1 is the header; 0 concerns the whole file
	Field string // column
	Value string // as it stands there
	Right string // what would be right
}

// Error returns "line 17: arrival_s "12x": legal are …".
func (e *FileError) Error() string {
	value := e.Value
	if len(value) > 60 {
		value = strings.ToValidUTF8(value[:60], "") + "…"
	}
	text := fmt.Sprintf("%s %q: %s", e.Field, value, e.Right)
	if e.Line > 0 {
		text = fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// format is one kind of recorded file.
type format struct {
	name        string
	zone        string
	columns     []string
	attribution string
	row         func(d *Day, r *row) (Visit, error)
}

// row is one line of a file, by column.
type row struct {
	line   int
	column map[string]int
	fields []string
}

func (r *row) text(column string) string { return r.fields[r.column[column]] }

func (r *row) wrong(column, right string) error {
	return &FileError{Line: r.line, Field: column, Value: r.text(column), Right: right}
}

// number reads whole seconds or a count, of at least low.
func (r *row) number(column string, low int) (int, error) {
	n, err := strconv.Atoi(r.text(column))
	if err != nil || n < low || n > secondsMax {
		return 0, r.wrong(column, fmt.Sprintf("legal are whole numbers from %d to %d", low, secondsMax))
	}
	return n, nil
}

func (r *row) id(column string) (string, error) {
	if err := protocol.CheckID(column, r.text(column)); err != nil {
		return "", r.wrong(column, "legal are 1 to 32 of a-z A-Z 0-9 - _, first a letter or digit")
	}
	return r.text(column), nil
}

// Read reads one recorded day from a CSV file with a header, in one of the two
// formats that the columns tell. The error is a *[FileError] for what is wrong in
// the file or in the choice, else the reader's own.
func Read(src io.Reader, pick Pick) (*Day, error) {
	lines := csv.NewReader(src)
	lines.ReuseRecord = true
	f, r, err := header(lines)
	if err != nil {
		return nil, err
	}
	d := &Day{Format: f.name, Zone: f.zone, Attribution: f.attribution, Date: pick.Date}
	dates, offices := map[string]bool{}, map[string]bool{}
	for {
		r.fields, err = lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, malformed(err)
		}
		r.line, _ = lines.FieldPos(0)
		take, err := chosen(f, r, pick, dates, offices)
		if err != nil {
			return nil, err
		}
		if !take {
			continue
		}
		v, err := f.row(d, r)
		if err != nil {
			return nil, err
		}
		v.Line = r.line
		if d.Visits = append(d.Visits, v); len(d.Visits) > VisitsMax && len(dates) == 1 && len(offices) <= 1 {
			return nil, r.wrong("date", fmt.Sprintf("one day may have at most %d rows", VisitsMax))
		}
	}
	if d.Date, err = theOne("date", pick.Date, dates); err != nil {
		return nil, err
	}
	hall := f.name
	if f == &warsaw {
		if hall, err = theOne("office", pick.Office, offices); err != nil {
			return nil, err
		}
	}
	if len(d.Visits) == 0 {
		return nil, &FileError{Field: "date", Value: d.Date, Right: "there is no row of it for " + hall}
	}
	d.Hall = protocol.HallID(hall)
	d.finish()
	return d, nil
}

// header tells the format by the columns, which may stand in any order.
func header(lines *csv.Reader) (*format, *row, error) {
	fields, err := lines.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, malformed(err)
	}
	r := &row{line: 1, column: map[string]int{}}
	for i, name := range fields {
		r.column[strings.TrimPrefix(name, "\ufeff")] = i
	}
	for _, f := range []*format{&bank, &warsaw} {
		missing := slices.ContainsFunc(f.columns, func(name string) bool {
			_, ok := r.column[name]
			return !ok
		})
		if !missing {
			return f, r, nil
		}
	}
	return nil, nil, &FileError{Line: 1, Field: "header", Value: strings.Join(fields, ","),
		Right: "legal are the columns " + strings.Join(bank.columns, ",") + " (bank) or " + strings.Join(warsaw.columns, ",") + " (Warsaw)"}
}

// malformed turns the CSV reader's error into one that says what would be right.
func malformed(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	return &FileError{Line: p.Line, Field: "row", Value: p.Err.Error(), Right: "each row needs as many fields as the header, separated by commas"}
}

// chosen reports whether a row belongs to the day that is wanted, and notes which there are.
func chosen(f *format, r *row, pick Pick, dates, offices map[string]bool) (bool, error) {
	date := r.text("date")
	if !dates[date] {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return false, r.wrong("date", "legal is a date such as 1999-01-04")
		}
		dates[date] = true
	}
	if pick.Date != "" && date != pick.Date {
		return false, nil
	}
	if f != &warsaw {
		return true, nil
	}
	office, err := r.id("office")
	if err != nil {
		return false, err
	}
	offices[office] = true
	return pick.Office == "" || office == pick.Office, nil
}

// theOne returns the choice, or the only one there is.
func theOne(what, pick string, there map[string]bool) (string, error) {
	all := slices.SortedFunc(maps.Keys(there), cmp.Compare[string])
	switch {
	case pick != "" && there[pick]:
		return pick, nil
	case pick == "" && len(all) == 1:
		return all[0], nil
	case len(all) == 0:
		return "", &FileError{Field: what, Value: pick, Right: "the file has no row"}
	}
	return "", &FileError{Field: what, Value: pick, Right: "choose one with --" + what + ": " + strings.Join(all, ", ")}
}

// know notes a service the first time it is met.
func (d *Day) know(id protocol.ServiceID, name string) {
	if !slices.ContainsFunc(d.Services, func(s Service) bool { return s.ID == id }) {
		d.Services = append(d.Services, Service{ID: id, Name: name})
	}
}

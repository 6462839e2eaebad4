package journal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spread describes a set of durations. Median and P90 are the values at the nearest rank: at least half
// (nine tenths) of the set are not longer.
type Spread struct {
	Count             int // how many durations there are; all else is 0 if none
	Mean, Median, P90 time.Duration
	Max               time.Duration
}

// Figures are the figures of one service, or of all, on one day.
type Figures struct {
	Service  string         // empty for the whole day
	Count    int            // lines in the service log
	Outcomes map[string]int // lines by outcome: "finished", "cancelled", "no_show"
	Wait     Spread         // from issue to call, of those that were called
	Way      Spread         // from call to arrival, of those that arrived
	Serve    Spread         // from arrival to the end, of those that arrived
}

// DayFigures are the figures of one business day.
type DayFigures struct {
	Day      string // "2006-01-02"
	All      Figures
	Services []Figures // in the order of the services' names; only those with lines
}

// group is one service and outcome with its durations in milliseconds.
type group struct {
	service, outcome string
	count            int
	wait, way, serve []int64
}

// DayFigures returns the figures of a business day ("2006-01-02"), read from an index alone.
func (j *Journal) DayFigures(ctx context.Context, day string) (DayFigures, error) {
	groups, err := j.dayGroups(ctx, day)
	if err != nil {
		return DayFigures{}, fmt.Errorf("journal: read the figures of %s: %w", day, err)
	}
	result := DayFigures{Day: day, All: figures("", groups)}
	for len(groups) > 0 {
		end := 1
		for end < len(groups) && groups[end].service == groups[0].service {
			end++
		}
		result.Services = append(result.Services, figures(groups[0].service, groups[:end]))
		groups = groups[end:]
	}
	return result, nil
}

// figuresSQL lets SQLite join the durations of each group to one text: fetching them row by row takes two
// and a half times as long.
const figuresSQL = "SELECT service, outcome, count(*), group_concat(wait_ms), group_concat(way_ms), group_concat(serve_ms)" +
	" FROM service_line WHERE day = ? GROUP BY service, outcome ORDER BY service, outcome"

// dayGroups returns a day's groups in the order of service and outcome.
func (j *Journal) dayGroups(ctx context.Context, day string) ([]group, error) {
	rows, err := j.read.QueryContext(ctx, figuresSQL, day)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var groups []group
	for rows.Next() {
		var g group
		var texts [3]sql.NullString
		if err := rows.Scan(&g.service, &g.outcome, &g.count, &texts[0], &texts[1], &texts[2]); err != nil {
			return nil, err
		}
		for i, list := range []*[]int64{&g.wait, &g.way, &g.serve} {
			if *list, err = numbers(texts[i].String); err != nil {
				return nil, err
			}
		}
		groups = append(groups, g)
	}
	return groups, rows.Err()
}

// numbers reads "1,2,3"; nothing from "".
func numbers(text string) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	list := make([]int64, 0, strings.Count(text, ",")+1)
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

func figures(service string, groups []group) Figures {
	f := Figures{Service: service, Outcomes: map[string]int{}}
	var wait, way, serve []int64
	for _, g := range groups {
		f.Count += g.count
		f.Outcomes[g.outcome] += g.count
		wait, way, serve = append(wait, g.wait...), append(way, g.way...), append(serve, g.serve...)
	}
	f.Wait, f.Way, f.Serve = spread(wait), spread(way), spread(serve)
	return f
}

// spread sorts ms and describes it.
func spread(ms []int64) Spread {
	n := len(ms)
	if n == 0 {
		return Spread{}
	}
	slices.Sort(ms)
	var sum int64
	for _, v := range ms {
		sum += v
	}
	at := func(tenths int) time.Duration { // nearest rank: the ceiling of n·tenths/10, counted from 1
		return time.Duration(ms[(n*tenths+9)/10-1]) * time.Millisecond
	}
	return Spread{Count: n, Mean: time.Duration(sum) * time.Millisecond / time.Duration(n), Median: at(5), P90: at(9), Max: at(10)}
}

package replay

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	bankHead   = "date,service,priority,arrival_s,start_s,end_s,server,outcome,wait_s\n"
	bankGood   = "1999-02-01,PS,0,100,110,120,A1,served,10\n"
	warsawHead = "date,office,queue_id,service,ticket,arrival_s,call_s,wait_s,open_counters_at_arrival,waiting_at_arrival,city_czasObslugi_min,granularity_s\n"
	warsawGood = "2020-02-03,UD_A,11,A: Meldunki,1,100,160,60,1,0,5,60\n"
)

func TestMistakeInAFileIsNamedByLineFieldAndValue(t *testing.T) {
	for name, c := range map[string]struct {
		file, want string
	}{
		"empty file":         {"", `line 1: header "": legal are the columns date,service`},
		"other columns":      {"a,b\n1,2\n", `line 1: header "a,b": legal are the columns`},
		"too few fields":     {bankHead + bankGood + "1999-02-01,PS\n", `line 3: row "wrong number of fields": each row needs as many`},
		"open quote":         {bankHead + "\"1999\n", "line 2: row"},
		"no rows":            {bankHead, `date "": the file has no row`},
		"bad date":           {bankHead + "4.1.99,PS,0,1,1,1,A1,served,0\n", `line 2: date "4.1.99": legal is a date such as 1999-01-04`},
		"bad number":         {bankHead + bankGood + "1999-02-01,PS,0,12x,1,1,A1,served,0\n", `line 3: arrival_s "12x": legal are whole numbers from 0 to 172799`},
		"negative":           {bankHead + "1999-02-01,PS,0,-5,1,1,A1,served,0\n", `line 2: arrival_s "-5"`},
		"too late":           {bankHead + "1999-02-01,PS,0,5,1,172800,A1,served,0\n", `line 2: start_s "1": legal are whole numbers from 5`},
		"end before start":   {bankHead + "1999-02-01,PS,0,5,9,8,A1,served,4\n", `line 2: end_s "8": legal are whole numbers from 9`},
		"no server":          {bankHead + "1999-02-01,PS,0,5,9,10,,served,4\n", `line 2: server "": legal are 1 to 32`},
		"long server":        {bankHead + "1999-02-01,PS,0,5,9,10,A23456789012345678901234x,served,4\n", `at most 24 characters`},
		"bad outcome":        {bankHead + "1999-02-01,PS,0,5,9,10,A1,gone,4\n", `line 2: outcome "gone": legal are served and abandoned`},
		"bad service":        {bankHead + "1999-02-01,P S,0,5,9,10,A1,served,4\n", `line 2: service "P S"`},
		"patience too long":  {bankHead + "1999-02-01,PS,0,172000,,,,abandoned,900\n", `line 2: wait_s "900": arrival and wait together`},
		"call before ticket": {warsawHead + "2020-02-03,UD_A,11,A,1,100,90,60,1,0,5,60\n", `line 2: call_s "90": legal are whole numbers from 100`},
		"no granularity":     {warsawHead + "2020-02-03,UD_A,11,A,1,100,190,60,1,0,5,0\n", `line 2: granularity_s "0": legal are whole numbers from 1`},
		"no name":            {warsawHead + "2020-02-03,UD_A,11,,1,100,190,60,1,0,5,60\n", `line 2: service "": legal are 1 to 200`},
		"bad office":         {warsawHead + "2020-02-03,UD A,11,A,1,100,190,60,1,0,5,60\n", `line 2: office "UD A"`},
	} {
		_, err := Read(strings.NewReader(c.file), Pick{})
		var wrong *FileError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestFileOfManyDaysAsksForOne(t *testing.T) {
	bankFile := bankHead + bankGood + strings.Replace(bankGood, "02-01", "02-02", 1)
	warsawFile := warsawHead + warsawGood + strings.Replace(warsawGood, "UD_A", "UD_B", 1)
	for name, c := range map[string]struct {
		file string
		pick Pick
		want string
	}{
		"no date":        {bankFile, Pick{}, `date "": choose one with --date: 1999-02-01, 1999-02-02`},
		"unknown date":   {bankFile, Pick{Date: "1999-02-03"}, `date "1999-02-03": choose one with --date: 1999-02-01, 1999-02-02`},
		"no office":      {warsawFile, Pick{}, `office "": choose one with --office: UD_A, UD_B`},
		"unknown office": {warsawFile, Pick{Office: "UD_C"}, `office "UD_C": choose one with --office: UD_A, UD_B`},
	} {
		if _, err := Read(strings.NewReader(c.file), c.pick); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	day, err := Read(strings.NewReader(bankFile), Pick{Date: "1999-02-02"})
	if err != nil || len(day.Visits) != 1 || day.Visits[0].Line != 3 {
		t.Errorf("the day chosen is %+v, %v; want the one row of line 3", day, err)
	}
}

func TestColumnsMayStandInAnyOrder(t *testing.T) {
	file := "wait_s,outcome,server,end_s,start_s,arrival_s,service,date,extra\n10,served,A1,120,110,100,PS,1999-02-01,x\n"
	day, err := Read(strings.NewReader(file), Pick{})
	if err != nil {
		t.Fatal(err)
	}
	v := day.Visits[0]
	if v.Arrive != 100 || v.Start != 110 || v.End != 120 || v.Window != "A1" {
		t.Errorf("visit %+v, want 100, 110, 120 at A1", v)
	}
}

func FuzzReadNeverPanics(f *testing.F) {
	f.Add(bankHead + bankGood)
	f.Add(warsawHead + warsawGood)
	f.Add("\ufeffdate\n\"")
	f.Fuzz(func(t *testing.T, file string) {
		day, err := Read(strings.NewReader(file), Pick{})
		if err != nil {
			return
		}
		for _, v := range day.Visits {
			if v.Arrive > v.Start || v.Start > v.End || !v.Left && v.Window == "" {
				t.Errorf("visit %+v is out of order", v)
			}
		}
	})
}

func ExampleRead() {
	f, err := os.Open("testdata/bank.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	day, err := Read(f, Pick{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(day.Hall, day.Date, len(day.Visits), "visits,", len(day.Services), "services")
	for _, p := range day.Posts {
		fmt.Println(p.ID, p.On)
	}
	// Output:
	// bank 1999-02-01 40 visits, 3 services
	// A1 [{28820 29995}]
	// A3 [{28880 29900}]
	// A2 [{28880 30160}]
	// A1-2 [{29000 29090}]
}

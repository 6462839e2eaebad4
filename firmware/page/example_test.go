package page_test

import (
	"fmt"

	"jiaohao/firmware/page"
)

func ExampleLive() {
	live := page.NewLive()
	live.Set(func() []byte { return []byte(`{"number":"A012"}`) })
	state, changed := live.Get()
	live.Set(func() []byte { return []byte(`{"number":"A013"}`) })
	<-changed
	newer, _ := live.Get()
	fmt.Printf("%s %s\n", state, newer)
	// Output: {"number":"A012"} {"number":"A013"}
}

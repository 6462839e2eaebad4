package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/web"
	"jiaohao/protocol"
)

// A hall on a journal in a directory of its own, and its public API.
func Example() {
	dir, err := os.MkdirTemp("", "web-example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	j, err := journal.Open(dir, journal.Options{NoSync: true})
	if err != nil {
		panic(err)
	}
	defer j.Close()
	plan := queue.Plan{
		Version: 1, Hall: "demo", Zone: "Asia/Shanghai", Name: protocol.Say("示范大厅", "Model hall"),
		Services: []queue.Service{{ID: "tax", Prefix: "A", Name: protocol.Say("税务", "Tax")}},
		Windows:  []queue.Window{{ID: "1", Name: protocol.Say("1号窗口", "Window 1"), Primary: []protocol.ServiceID{"tax"}}},
	}
	h, err := hall.Open(j, hall.Options{Plan: &plan, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- h.Run(ctx) }()

	faces, err := web.New(web.Options{Hall: h, Journal: j, Plan: &plan})
	if err != nil {
		panic(err)
	}
	for _, path := range []string{"/healthz", "/api/v1/services", "/manager"} {
		w := httptest.NewRecorder()
		faces.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(path, w.Code)
	}
	stop()
	<-done
	// Output:
	// /healthz 200
	// /api/v1/services 200
	// /manager 303
}

// Package web is the faces of the hub that need a browser: the hall board, the
// citizen's ticket on the phone, the manager's page and the devices page, the JSON
// API, the live streams, and what machines ask (health and metrics).
//
// # How a page lives
//
// A page is rendered on the server from [html/template] and carries the whole
// present state, so that it is right without any JavaScript. Inside it one element
// is live: the browser opens a stream of server-sent events, receives that element
// rendered anew whenever the hall changes, and exchanges only what differs. There
// is thus one place where a thing is worded, and no state in the browser that could
// go stale without saying so. The same streams give JSON to programs.
//
// # Who may see what
//
// Every route stands in one table with the least that its caller must be
// ([Server.routes]); what is not in the table is refused. Only the board, the
// figures printed on it, and a ticket behind its unguessable link are public.
//
// Commands from pages and from the API are protocol requests and take the same way
// as those of a device: Hall.Ask.
package web

// Package dispenser is the ticket dispenser (取号机): its kiosk page, its
// buttons, its slips, and how it lives without the hub.
//
// A press asks the hub for a ticket under an id made at the press. When the hub
// has committed it, the slip is printed, the printer's state is read back, and what
// became of the paper is posted durably. When the hub does not answer in
// [AnswerMax], the dispenser gives a number of its own letter, on its disk before it is
// on paper, and merges it when the hub is back. A ticket that the hub issued after all
// for a press that got such a number is cancelled, so that nobody calls a number
// that nobody holds.
//
// A press's id is on disk before the hub is asked, and a slip before the printer gets
// it. After a power cut a ticket that nobody can hold is found by the id and cancelled,
// and a slip that may not have come out is offered as a reprint.
//
// A printer that fails never costs a place in line: the number is shown large. It
// is printed again only when somebody asks, and is then marked as a reprint.
//
// Only the hub's clock dates a fact. The dispenser shows no time of its own and
// tells the age of an offline ticket as a duration. It names the business day that the
// hub named last, and none when its own clock shows a later date.
package dispenser

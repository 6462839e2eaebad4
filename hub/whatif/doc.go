// Package whatif plays a recorded day of this hall again, with the same people, through the
// same engine, under another plan or with other windows open.
//
// A [Recorder] reads a day from the journal: who came when and for what, how long
// each stayed at a window, who gave up, and when each post was staffed. [Play]
// lets these people come again in virtual time. What a person needs at a window is
// taken as it was, whoever serves; how long it takes until the next one is called, and
// from opening a window to its first call, is the day's mean. So three figures belong side by side: the recorded day, the same
// plan played, which shows what playing alone changes, and the other plan played.
//
// [Staff], [Lunches] and [Skills] try many plans on days drawn from the recorded ones, the same
// days for each plan, and say how sure the difference is.
package whatif

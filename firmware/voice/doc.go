// Package voice speaks calls in a hall without a network and without a speech engine:
// "请 A 零一二号，到三号窗口" is put together from recorded words.
//
// # Languages
//
// A language or dialect is a folder of words as WAV files and a file language.json that
// says how its sentences and numbers are built; see [Language]. The folder's name is the
// language's tag, such as zh-CN, en or yue. The package carries words made by a speech synthesiser,
// fit for tests and a first day ([Demo]); a hall puts folders of its own recordings over
// them ([Load]). A dialect may borrow what it lacks from another language.
//
// To record a voice, read the words whose files are in the folder clips of this package, one
// file each, with any microphone and any WAV settings. Silence, loudness and rate are put
// right by [Load]. A file with the name of a window, such as 综合窗口.wav, is spoken for it.
//
// # Numbers are read whole or not at all
//
// A number is read digit by digit and letter by letter. Spaces and punctuation are not
// spoken. A number with any other character for which the language has no word is not
// spoken in that language, because a part of a number is somebody else's number. If no language can read it,
// the chime alone makes people look up. A window is read by its recorded name, else by its
// label, with numbers up to 99 as one reads them ("十二号窗口"); if neither can be read, the
// sentence asks to look at the screen.
//
// # What is spoken when
//
// [Plan] decides, a pure state machine:
//
//   - A call is spoken once, known by its id. A running announcement is never cut.
//   - Calls are spoken in the order in which they came. Calls of one window that wait
//     become one sentence with all their numbers, at the place of the first.
//   - A number that waits and is called again is spoken once, for the newer call.
//   - When more than [Rules].OneLanguageAbove announcements wait, only the first language is
//     spoken; above ShortAbove, only number and window. A number is never left out.
//   - Repeats come after all new calls, and not at all once the person has arrived, the number is
//     called again or the window has called another one.
//   - The chime comes before an announcement that breaks a silence or recalls somebody, else
//     not within a burst; a hall may want it always or never.
//   - Silent windows (无声叫号) and hours of volume 0 are not spoken, not even later. Hours go by
//     the hall's clock, which calls carry: a device may have none.
//
// # Who uses it
//
// The program announcer, with ALSA as [Sink], and package jiaohao/hub/speech of the hub, whose sinks are
// the board pages in browsers.
package voice

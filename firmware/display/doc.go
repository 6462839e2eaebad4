// Package display is a window's LED panel (窗口屏): it turns the retained state of
// its window into pictures.
//
// [Frame] is pure: what a panel shows follows from the last state, its age and the
// time since it came. [Display] keeps the last good state when the hub is away and
// says so by a mark that clerks know and citizens overlook.
//
// A number never moves, since nobody can read a moving number from across the hall; a text
// that is too long for the panel scrolls. A panel blinks when its window calls,
// never because a state came again.
package display

package dispenser

import "syscall"

// diskFree is the room left for a state folder in MiB, rounded down to 64, or 0
// when the system does not tell.
func diskFree(dir string) int64 {
	const step = 64
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0
	}
	return int64(s.Bavail) * int64(s.Bsize) >> 20 / step * step
}

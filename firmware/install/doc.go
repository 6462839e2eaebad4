// Package install holds what makes a device of a hall a product of its own: systemd units with a
// watchdog and least rights, udev rules, users. The script "install" puts them in place; the
// hub's unit is in hub/install. There is no code here, only the test of these files.
package install

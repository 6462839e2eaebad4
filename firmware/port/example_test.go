package port_test

import (
	"fmt"

	"jiaohao/firmware/port"
)

func ExampleOpen() {
	p, err := port.Open("tcp:10.0.0.5:9100")
	fmt.Println(p, err) // nothing is dialled yet
	_, err = port.Open("serial:/dev/ttyUSB0?baud=100")
	fmt.Println(err)
	// Output:
	// tcp:10.0.0.5:9100 <nil>
	// port "serial:/dev/ttyUSB0?baud=100": baud "100" is not from 1200 to 921600
}

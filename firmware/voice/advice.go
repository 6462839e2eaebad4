package voice

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"jiaohao/protocol"
)

// Advice says in a janitor's words why a [Player] has failed, or nothing when it cannot tell.
func Advice(err error) protocol.Text {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound):
		return protocol.Say("没有安装播放程序 aplay", "the program aplay is not installed")
	case errors.Is(err, context.DeadlineExceeded):
		return protocol.Say("声卡没有反应", "the sound card does not answer")
	}
	for _, c := range []struct {
		words string // of aplay's complaint
		say   protocol.Text
	}{
		{"busy", protocol.Say("声卡被别的程序占用", "another program uses the sound card")},
		{"Permission denied", protocol.Say("本程序无权使用声卡", "this program may not use the sound card")},
		{"No such", protocol.Say("找不到声卡", "the sound card is not there")},
		{"cannot find card", protocol.Say("找不到声卡", "the sound card is not there")},
		{"Unknown PCM", protocol.Say("找不到声卡", "the sound card is not there")},
		{"Input/output error", protocol.Say("声卡断开", "the sound card was pulled")},
	} {
		if strings.Contains(err.Error(), c.words) {
			return c.say
		}
	}
	return nil
}

package protocol

// Lang is a language tag of BCP 47.
type Lang string

// The languages that every face of the product has.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

// Text is one text in several languages.
type Text map[Lang]string

// Say makes a text in the two languages that every face has.
func Say(zh, en string) Text { return Text{Chinese: zh, English: en} }

// In returns the text in lang, or in Chinese, or in English, or "".
func (t Text) In(lang Lang) string {
	for _, l := range []Lang{lang, Chinese, English} {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

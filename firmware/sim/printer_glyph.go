package sim

import (
	"image"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/glyph"
)

// samples is how many points a side are looked at for each dot of paper: a dot is black if half
// of them are. Four make the step from 16 dots to 24 even: every stroke becomes two dots wide.
const samples = 4

// DrawGlyph is an escpos.Glyph of the faces in firmware/glyph: it draws r into cell. Cells of at least
// 72 dots height take digits and capitals from the face made for ticket numbers.
func DrawGlyph(dst *image.Paletted, cell image.Rectangle, r rune) {
	src := bitmap(r, cell.Dy())
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if natural := cell.Dy() * w / h; h <= 32 && cell.Dx() > natural && !joins(r) {
		margin := (cell.Dx() - natural) / 2
		cell = image.Rect(cell.Min.X+margin, cell.Min.Y, cell.Min.X+margin+natural, cell.Max.Y)
	}
	for y := range cell.Dy() {
		for x := range cell.Dx() {
			if covered(src, x, y, cell.Size()) && (image.Point{X: cell.Min.X + x, Y: cell.Min.Y + y}).In(dst.Rect) {
				dst.SetColorIndex(cell.Min.X+x, cell.Min.Y+y, escpos.Ink)
			}
		}
	}
}

// bitmap returns the glyph of r at the size of the face that suits a cell of that height.
func bitmap(r rune, height int) *glyph.Bitmap {
	const large = 72
	face := glyph.Text
	if height >= large && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r == '-') {
		face = glyph.Ticket
	}
	b := glyph.NewBitmap(max(face.Width(string(r), 1), 1), face.Height(1))
	face.Draw(b, 0, 0, string(r), 1)
	if face == glyph.Text && height > 2*b.Rect.Dy() {
		b = smooth(b)
	}
	return b
}

// joins reports whether r must fill its cell from edge to edge: lines and blocks do.
func joins(r rune) bool { return r >= 0x2500 && r <= 0x259f }

// covered reports whether half of the dot at x, y of a cell of that size lies on dots of src. Most
// dots have the same at all four corners, and then nothing between them differs: no face has
// strokes thinner than a dot of paper.
func covered(src *glyph.Bitmap, x, y int, cell image.Point) bool {
	at := func(i, j int) bool {
		sx := (2*(x*samples+i) + 1) * src.Rect.Dx() / (2 * samples * cell.X)
		sy := (2*(y*samples+j) + 1) * src.Rect.Dy() / (2 * samples * cell.Y)
		return src.On(sx, sy)
	}
	const last = samples - 1
	corner := at(0, 0)
	if corner == at(last, 0) && corner == at(0, last) && corner == at(last, last) {
		return corner
	}
	n := 0
	for k := range samples * samples {
		if at(k%samples, k/samples) {
			n++
		}
	}
	return 2*n >= samples*samples
}

// smooth returns b at twice its size with the steps of slanted strokes filled in: a white quarter
// dot becomes black between two black neighbours that touch only at a corner. Corners of boxes
// stay sharp, and so strokes that meet at right angles.
func smooth(b *glyph.Bitmap) *glyph.Bitmap {
	out := glyph.NewBitmap(2*b.Rect.Dx(), 2*b.Rect.Dy())
	for i := range 4 * b.Rect.Dx() * b.Rect.Dy() {
		x, y := i%out.Rect.Dx(), i/out.Rect.Dx()
		sx, sy := x/2, y/2
		dx, dy := x%2*2-1, y%2*2-1 // towards the outer corner of this quarter
		step := b.On(sx+dx, sy) && b.On(sx, sy+dy) && !b.On(sx+dx, sy+dy) && !b.On(sx-dx, sy) && !b.On(sx, sy-dy)
		out.SetOn(x, y, b.On(sx, sy) || step)
	}
	return out
}

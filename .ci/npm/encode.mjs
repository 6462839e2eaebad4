// Encodes a slip with two encoders that know nothing of ours.
//
//   node encode.mjs receipt-printer-encoder|receiptline < slip.json > slip.bin
//
// slip.json is {"columns": 48, "items": [...]}; an item is {"text", "align", "w", "h", "bold"},
// {"rule": true}, {"qr": "https://…", "module": 5}, {"image": "base64 PNG", "width", "height"}
// or {"cut": true}.
import iconv from "iconv-lite";
import ReceiptPrinterEncoder from "@point-of-sale/receipt-printer-encoder";
import receiptline from "receiptline";
import { PNG } from "pngjs";
import { readFileSync } from "node:fs";

const slip = JSON.parse(readFileSync(0, "utf8"));

// This encoder has no Chinese: such a text goes through its raw bytes, in Chinese mode. It aligns
// with spaces, which it cannot count then, so the printer aligns.
function byReceiptPrinterEncoder() {
  const e = new ReceiptPrinterEncoder({ language: "esc-pos", columns: slip.columns, imageMode: "raster", feedBeforeCut: 0, newline: "\n" });
  e.initialize();
  for (const i of slip.items) {
    if (i.rule) e.raw([0x1b, 0x61, 0]).rule({ style: "single" });
    else if (i.qr) e.align("center").qrcode(i.qr, { model: 2, size: i.module, errorlevel: "m" }).align("left");
    else if (i.image) {
      const png = PNG.sync.read(Buffer.from(i.image, "base64"));
      e.align("center").image({ data: new Uint8ClampedArray(png.data), width: png.width, height: png.height }, png.width, png.height, "threshold", 128).align("left");
    } else if (i.cut) e.cut("partial");
    else {
      e.bold(i.bold).size(i.w, i.h).raw([0x1b, 0x61, { left: 0, center: 1, right: 2 }[i.align]]);
      if (/^[\x20-\x7e]*$/.test(i.text)) e.text(i.text);
      else e.raw([0x1c, 0x26, ...iconv.encode(i.text, "gb18030"), 0x1c, 0x2e]);
      e.newline();
    }
  }
  return Buffer.from(e.encode());
}

// The markup: ^ for sizes, " for bold, | on the side that is not flush.
function byReceiptline() {
  const scales = { "1x1": "", "2x1": "^", "1x2": "^^", "2x2": "^^^", "3x3": "^^^^", "4x4": "^^^^^", "5x5": "^^^^^^", "6x6": "^^^^^^^" };
  const lines = [];
  for (const i of slip.items) {
    if (i.rule) lines.push("-");
    else if (i.qr) lines.push("{code:" + i.qr.replaceAll(/[\\|{};]/g, (c) => "\\" + c) + "; option:qrcode," + i.module + ",m}");
    else if (i.image) lines.push("{image:" + i.image + "}");
    else if (i.cut) lines.push("=");
    else {
      const scale = scales[i.w + "x" + i.h];
      if (scale === undefined) throw new Error("receiptline has no size " + i.w + "x" + i.h);
      let text = i.text.replaceAll(/[\\|{}~_"`^]/g, (c) => "\\" + c).replaceAll(" ", "~");
      if (i.bold) text = '"' + text + '"';
      text = text === "" ? "" : scale + text;
      lines.push({ left: text + " |", center: text, right: "| " + text }[i.align]);
    }
  }
  const bytes = receiptline.transform(lines.join("\n"), { cpl: slip.columns, encoding: "gb18030", command: "escpos", spacing: false, cutting: false, gradient: false });
  return Buffer.from(bytes, "binary");
}

const encoders = { "receipt-printer-encoder": byReceiptPrinterEncoder, receiptline: byReceiptline };
const encode = encoders[process.argv[2]];
if (!encode) {
  console.error("name an encoder: " + Object.keys(encoders).join(" or "));
  process.exit(2);
}
process.stdout.write(encode());

"use strict";
(() => {
  const $ = (selector) => document.querySelector(selector);
  const press = (label, path) => {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = label;
    b.addEventListener("click", () => fetch(path, { method: "POST" }));
    return b;
  };
  let drawn = "", n = 0;

  function build(s) {
    $("#panel").hidden = !s.panel;
    $("#buttons").hidden = !s.buttons;
    $("#buttons p").replaceChildren(...(s.buttons || []).map((name, i) => press(name, "button/" + i)));
    $("#keys").hidden = !s.keys;
    $("#keys p").replaceChildren(...(s.keys || []).flatMap((row, r) => [...row.map((k, c) => press(k, "key/" + r + "/" + c)), document.createElement("br")]));
    $("#printer").hidden = !s.printer;
    $("#printer p").replaceChildren(...(s.printer || []).map((p) => press(p.label, "printer/" + p.name)));
    if (s.slips) $(".slips").replaceChildren(...s.slips.map((slip) => {
      const img = document.createElement("img");
      img.src = "slip/" + slip.seq + ".png?" + slip.complete;
      img.alt = "小票 slip " + slip.seq;
      return img;
    }));
  }

  async function look() {
    try {
      const text = await (await fetch("state")).text();
      if (text !== drawn) {
        drawn = text;
        build(JSON.parse(text));
      }
    } catch { /* the program has ended; the page stays */ }
    setTimeout(look, 500);
  }

  const panel = $("#panel img");
  const next = () => setTimeout(() => { if (!$("#panel").hidden) panel.src = "panel.png?" + ++n; else next(); }, 120);
  panel.addEventListener("load", next);
  panel.addEventListener("error", next);
  next();
  look();
})();

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
    if (s.panel) {
      $("#panel p").replaceChildren(s.panel.pulled ? press("插回插头 plug in", "panel/in") : press("拔掉插头 unplug", "panel/out"));
      $("#panel .silent").hidden = !s.panel.silent || !s.panel.pulled;
    }
    $("#buttons").hidden = !s.buttons;
    $("#buttons p").replaceChildren(...(s.buttons || []).map((name, i) => press(name, "button/" + i)));
    for (const id of ["keypad", "evaluator"]) pad($("#" + id), (s.keypads || []).find((k) => k.name === id));
    $("#printer").hidden = !s.printer;
    $("#printer p").replaceChildren(...(s.printer || []).map((p) => press(p.label, "printer/" + p.name)));
    if (s.slips) $(".slips").replaceChildren(...s.slips.map((slip) => {
      const img = document.createElement("img");
      img.src = "slip/" + slip.seq + ".png?" + slip.complete;
      img.alt = "小票 slip " + slip.seq;
      return img;
    }));
  }

  function pad(section, k) {
    section.hidden = !k;
    if (!k) return;
    section.classList.toggle("lit", k.lit);
    section.querySelector("i").textContent = "灯 lamp " + (k.lit ? "●" : "○") + "　蜂鸣 beeps " + k.beeps;
    const keys = k.rows.flatMap((row) => [...row.map((key) => press(key, "keys/" + k.name + "?key=" + encodeURIComponent(key))), document.createElement("br")]);
    if (k.cable) keys.push(press(k.pulled ? "插上 plug in" : "拔掉 unplug", "plug/" + k.name + (k.pulled ? "/in" : "/out")));
    section.querySelector("p").replaceChildren(...keys);
    section.querySelectorAll("p button").forEach((b) => { if (k.pulled && b.textContent !== "插上 plug in") b.disabled = true; });
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

"use strict";
// The clerk's page. The terminal sends the whole screen; this shows it, lets its
// timers run on, and sends presses. Nothing is decided here.
(() => {
  const SILENCE_MS = 25_000; // the terminal speaks every 10 s
  const KEYS = { r: "recall", a: "arrived", n: "no_show", f: "finish", h: "hold", t: "transfer", b: "resume", c: "call", p: "pause", e: "rate", d: "print", u: "undo", s: "help", x: "sign_off" };

  const $ = (id) => document.getElementById(id);
  const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private windows have no store */ } };
  const asked = new URLSearchParams(location.search).get("lang") || stored("jiaohao.lang");
  let lang = asked === "en" ? "en" : "zh-CN";
  let screen = null, base = 0, heardAt = performance.now(), lost = false;
  let taps = -1, audio = null;
  let posting = "", waiting = null, unsent = null, ownNote = "", drawnMenu = "", drawnClerks = "", notedID = "", typedNo = "";

  const w = () => WORDS[lang];
  const say = (text) => !text ? "" : text[lang] || text["zh-CN"] || text["en"] || "";
  function make(tag, cls, ...parts) {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    e.append(...parts);
    return e;
  }
  function fill(e, ...parts) { e.replaceChildren(...parts.filter(Boolean)); }

  // A section is drawn again only when it says something else: a button that is
  // replaced under the finger loses its click. Running times are set apart.
  const drawn = new WeakMap();
  const runs = (key, value) => ["for_ms", "wait_ms", "left_ms"].includes(key) ? undefined : value;
  function section(e, what, build) {
    const signature = lang + JSON.stringify(what, runs);
    if (drawn.get(e) === signature) return;
    drawn.set(e, signature);
    fill(e, ...build());
  }

  // A timer runs on from one of the screen's times, or down.
  function timer(name, down) {
    const e = make("time", "timer");
    e.dataset.name = name;
    if (down) e.dataset.down = "1";
    return e;
  }
  function times(s) {
    const t = { current: s.current && s.current.for_ms, next: s.next && s.next.wait_ms, pause: s.pause && s.pause.for_ms, undo: s.undo && s.undo.left_ms, rate: s.rate && s.rate.left_ms };
    for (const h of s.held) t["held " + h.ticket] = h.for_ms;
    return t;
  }
  function tick() {
    if (!screen) return;
    const all = times(screen), passed = performance.now() - base, two = (n) => String(n).padStart(2, "0");
    for (const e of document.querySelectorAll("time.timer")) {
      const ms = all[e.dataset.name] || 0, s = Math.floor((ms + passed) / 1000);
      const text = e.dataset.down ? w().seconds(Math.max(0, Math.ceil((ms - passed) / 1000)))
        : s < 3600 ? Math.floor(s / 60) + ":" + two(s % 60) : Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
      if (e.textContent !== text) e.textContent = text;
    }
  }

  // ---- presses ----

  function newID() {
    const b = crypto.getRandomValues(new Uint8Array(16));
    return "w-" + Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  }

  // One press is one id, made now. A press that did not reach the terminal keeps its
  // id for the next try; while one is under way, the same finger does nothing. A digit
  // for the menu that has just opened waits: the menu may be here before the answer is.
  async function press(body) {
    const same = JSON.stringify(body);
    if (posting && body.key === "digit" && posting !== same) waiting = body;
    if (posting || !screen || (screen.busy && body.key !== "back")) return;
    const id = unsent && unsent.same === same ? unsent.id : newID();
    posting = same; ownNote = ""; unsent = null;
    try {
      const r = await fetch("press", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ id, ...body }) });
      if (!r.ok && (r.status !== 409 || body.key === "digit")) ownNote = say((await r.json()).text);
    } catch {
      unsent = { same, id };
      ownNote = w().failed;
    }
    posting = "";
    if (ownNote) draw();
    const digit = waiting;
    waiting = null;
    if (digit && screen.menu && screen.menu.options) press(digit);
  }

  function pressBig() {
    if (screen && screen.stage === "signed_off" && !screen.menu) {
      if (screen.sign_on && screen.sign_on.clerk) press({ key: "big" }); else signOn();
      return;
    }
    press({ key: "big" });
  }

  function signOn() {
    const chosen = document.querySelector("#clerk-list input:checked");
    const clerk = chosen ? chosen.value : $("clerk-id").value.trim();
    if (!clerk) { whoField().focus(); return; } // what stands above it says what to do
    store(clerkKey(), clerk);
    if (!$("pin").value && document.activeElement !== $("pin")) { $("pin").focus(); return; } // Enter goes on to the PIN
    press({ key: "sign_on", clerk, pin: $("pin").value });
  }

  // Whoever was here last: of this terminal alone, as one browser may show several.
  const clerkKey = () => "jiaohao.clerk." + screen.device;
  const listed = () => screen.sign_on.clerks.length > 0 && screen.sign_on.clerks.length <= 40;
  const whoField = () => !listed() ? $("clerk-id") : $("clerk-list").querySelector("input:checked") || $("clerk-list").querySelector("input");

  // A digit chooses the clerk beside whose name it stands as long as nobody is
  // chosen; afterwards digits are the PIN, unless the focus is back in the list.
  function digitIsClerk(e) {
    return screen && screen.stage === "signed_off" && !screen.menu && listed() && !e.target.closest("dialog")
      && (e.target.closest("#clerk-list") || !document.querySelector("#clerk-list input:checked"));
  }
  function chooseClerk(digit) {
    const all = [...document.querySelectorAll("#clerk-list .clerk-choice")], no = (c) => c.querySelector(".clerk-no").textContent;
    typedNo = all.some((c) => no(c).startsWith(typedNo + digit)) ? typedNo + digit : digit;
    const chosen = all.find((c) => no(c) === typedNo), longer = all.some((c) => no(c) !== typedNo && no(c).startsWith(typedNo));
    if (chosen) chosen.querySelector("input").checked = true;
    if (chosen && longer) chosen.querySelector("input").focus(); // 1 may become 12
    else if (chosen) $("pin").focus();
    if (!longer) typedNo = "";
  }

  function pressKey(id) {
    const ticket = screen && screen.current ? { ticket: screen.current.ticket } : {};
    press(["recall", "arrived", "no_show"].includes(id) ? { key: id, ...ticket } : { key: id });
  }

  const typing = (e) => e.target.closest("input:not([type=radio]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (e) => {
    if (e.repeat || e.isComposing || e.ctrlKey || e.altKey || e.metaKey) {
      if (e.repeat && (e.key === " " || e.key === "Enter")) e.preventDefault(); // a key that is held down is one press
      return;
    }
    if (e.key === "F2") { e.preventDefault(); bigOrSubmit(); return; }
    if ($("help").open) { if (e.key === "?") $("help").close(); return; }
    if (e.key === "Escape") { if (screen && (screen.menu || screen.note)) { e.preventDefault(); press({ key: "back" }); } return; }
    if (/^[0-9]$/.test(e.key) && digitIsClerk(e)) { e.preventDefault(); chooseClerk(e.key); return; }
    if (typing(e)) {
      // Two fields and no submit button: the browser itself does nothing on Enter.
      if (e.key === "Enter" && e.target.closest("#sign-on")) { e.preventDefault(); signOn(); }
      return;
    }
    const onButton = e.target.closest("button"), inList = e.target.closest("#clerk-list");
    if (e.key === " " || e.key === "Enter") {
      if (screen && screen.menu && screen.menu.multi && e.key === "Enter") { e.preventDefault(); pressBig(); return; } // the list is ticked
      if (onButton || (inList && e.key === " ")) return; // the focused button's own press
      e.preventDefault();
      bigOrSubmit();
      return;
    }
    if (e.key === "?") { e.preventDefault(); showHelp(); return; }
    if (/^[0-9]$/.test(e.key) && screen && screen.menu && screen.menu.options) { press({ key: "digit", choice: e.key }); return; }
    if (e.key.startsWith("Arrow") && $("menu").open) { moveFocus(e); return; }
    // With a Chinese input method on, the browser names the place of the key only.
    const letter = /^[a-z]$/i.test(e.key) ? e.key.toLowerCase() : e.code.startsWith("Key") ? e.code.slice(3).toLowerCase() : "";
    if (letter === "l") { switchLang(); return; }
    if (KEYS[letter] && screen && !screen.menu && (screen.stage !== "signed_off" || letter === "s")) { e.preventDefault(); pressKey(KEYS[letter]); }
  });

  function bigOrSubmit() {
    const form = $("menu").querySelector("form");
    if (form && $("menu").open) form.requestSubmit(); else pressBig();
  }

  function moveFocus(e) {
    const list = [...$("menu").querySelectorAll("button")], at = list.indexOf(document.activeElement);
    const step = e.key === "ArrowDown" || e.key === "ArrowRight" ? 1 : -1;
    if (!list.length) return;
    e.preventDefault();
    list[(at + step + list.length) % list.length].focus();
  }

  // The mouse gives no button the focus: Space stays the big key after a click.
  document.addEventListener("mousedown", (e) => { if (e.target.closest("button")) e.preventDefault(); });

  function button(cls, onPress, ...parts) {
    const b = make("button", cls, ...parts);
    b.type = "button";
    b.addEventListener("click", onPress);
    return b;
  }

  // ---- what is shown ----

  function draw() {
    document.documentElement.lang = lang;
    $("lang").textContent = w().other;
    $("keys-help").textContent = w().keysHelp;
    if (!screen) { drawWait(w().connecting, w().connectingText); drawBanners(); return; }
    const s = screen, active = document.activeElement;
    document.body.dataset.stage = s.stage;
    document.body.classList.toggle("busy", Boolean(s.busy && s.busy.long));
    document.title = [s.label && (lang === "en" ? w().window + " " + s.label : s.label + "号" + w().window), s.current && s.current.number, w().stage[s.stage]].filter(Boolean).join(" · ") || w().title("");
    $("label").textContent = s.label;
    $("label").hidden = !s.label;
    $("window").textContent = say(s.window) || w().title("");
    $("hall").textContent = say(s.hall);
    const clerk = s.stage === "signed_off" ? "" : say(s.clerk);
    $("clerk").textContent = clerk ? w().clerk(clerk) : "";
    $("served").textContent = s.label ? w().served(s.served) : "";
    drawBanners();
    drawCard();
    drawBig();
    drawNote();
    drawTold();
    drawKeys();
    drawSide();
    drawMenu();
    drawSignOn(); // after a menu that closes, which gives the focus back
    drawClock();
    tick();
    const focused = active && active.dataset && active.dataset.key;
    const again = focused && !active.isConnected && document.querySelector('[data-key="' + CSS.escape(focused) + '"]');
    if (again) again.focus();
    if ($("said").textContent !== document.title) $("said").textContent = document.title;
  }

  function drawWait(title, text) {
    section($("card"), [title, text], () => [make("h2", "wait-title", title), make("p", "quiet", text)]);
    for (const id of ["big", "sign-on", "note", "queues"]) $(id).hidden = true;
    section($("keys"), [], () => []);
  }

  function drawBanners() {
    const list = (screen ? screen.banners : []).map((b) => ({ cls: b.kind + (b.bad ? " bad" : ""), mark: b.bad ? "!" : "i", text: say(b.text) }));
    if (lost) list.unshift({ cls: "bad", mark: "!", text: w().lost });
    if (ownNote && !(screen && screen.menu)) list.push({ cls: "bad", mark: "!", text: ownNote });
    section($("banners"), list, () => list.map((b) => make("p", "banner " + b.cls, make("span", "mark", b.mark), b.text)));
  }

  const tag = (text, cls) => text ? make("span", "tag " + (cls || ""), text) : null;
  const fact = (label, value) => make("span", "fact", make("span", "fact-label", label), value);

  function drawCard() {
    const s = screen, card = $("card");
    card.hidden = s.stage === "signed_off";
    $("big").hidden = false;
    if (s.stage === "connecting") { drawWait(w().connecting, w().connectingText); return; }
    if (s.stage === "unassigned") { drawWait(w().unassigned, w().unassignedText(s.device)); return; }
    const stage = make("p", "stage", make("span", "dot"), w().stage[s.stage]);
    section(card, [s.stage, s.current, s.pause, s.next], () => {
      if (s.current) return currentCard(s, stage);
      if (s.pause) return [make("div", "card-head", stage), make("p", "number words", s.pause.reason || w().paused), make("p", "facts", fact(w().pausedFor, timer("pause")))];
      if (s.next) return nextCard(s.next, stage);
      return [make("div", "card-head", stage), make("p", "number words", w().nobody), make("p", "quiet", w().nobodyText)];
    });
  }

  function currentCard(s, stage) {
    const c = s.current, tags = [tag(say(c.class), "class"), c.for ? tag(w().on(c.for), "for") : null].filter(Boolean);
    const waited = fact(w().waitBefore, still(c.wait_ms));
    return [
      make("div", "card-head", stage, make("p", "service", say(c.service)), ...tags),
      make("p", "number", c.number),
      s.stage === "called" ? make("p", "facts", fact(w().sinceCall, timer("current")), make("span", "fact", w().calls(c.calls, c.calls_max)), waited)
        : make("p", "facts", fact(w().serving, timer("current")), waited),
      say(c.why) && make("p", "why", say(c.why)),
    ];
  }

  function nextCard(n, stage) {
    const tags = [tag(say(n.class), "class")].filter(Boolean);
    return [
      make("div", "card-head", stage, make("p", "next-word", w().next), make("p", "service", say(n.service)), ...tags),
      make("p", "number next-number", n.number),
      make("p", "facts", fact(w().waited, timer("next"))),
      say(n.why) && make("p", "why", say(n.why)),
    ];
  }

  // still is a duration that is over.
  function still(ms) {
    return make("b", "", w().minutes(Math.floor(ms / 60000)));
  }

  function drawSignOn() {
    const s = screen, form = $("sign-on");
    const opens = form.hidden && s.stage === "signed_off";
    form.hidden = s.stage !== "signed_off";
    if (form.hidden) { $("pin").value = ""; return; }
    const v = s.sign_on;
    $("clerks").hidden = !listed();
    $("clerk-id").parentElement.hidden = listed();
    $("clerks-title").textContent = w().who;
    $("clerk-label").textContent = w().clerkId;
    $("pin-label").textContent = w().pinLabel;
    const key = lang + JSON.stringify(v.clerks);
    if (key !== drawnClerks) {
      drawnClerks = key;
      const checked = document.querySelector("#clerk-list input:checked");
      const want = checked ? checked.value : stored(clerkKey());
      fill($("clerk-list"), ...v.clerks.map((c) => {
        const radio = make("input", "");
        Object.assign(radio, { type: "radio", name: "clerk", value: c.clerk, checked: c.clerk === want });
        return make("label", "clerk-choice", radio, make("span", "clerk-name", say(c.name) || c.clerk), make("span", "clerk-no", c.no));
      }));
      if (!listed() && want) $("clerk-id").value = want;
    }
    const line = v.clerk ? w().keypadPin(say(v.clerk), v.stars || 0) : v.typed ? w().keypadTyped(v.typed) : "";
    $("keypad-line").textContent = line;
    $("keypad-line").hidden = !line;
    const known = () => listed() ? Boolean($("clerk-list").querySelector("input:checked")) : Boolean($("clerk-id").value);
    if (opens) typedNo = "";
    if (opens) (known() ? $("pin") : whoField()).focus({ preventScroll: true });
    if (s.note && s.note.key === "sign_on" && s.note.id !== notedID) {
      notedID = s.note.id;
      $("pin").value = "";
      (known() ? $("pin") : whoField()).focus();
    }
  }

  const bigWaits = () => screen.busy && (screen.busy.key === "big" || screen.busy.key === "sign_on");

  function drawBig() {
    const b = screen.big, big = $("big");
    if (screen.stage === "connecting" || screen.stage === "unassigned") return;
    const label = bigWaits() && screen.busy.long ? w().waitingHub : say(b.label);
    if ($("big-label").textContent !== label) $("big-label").textContent = label;
    const hints = screen.stage === "signed_off" ? ["Enter", "F2"] : ["Space", "Enter", "F2"];
    section($("big-hint"), [b, hints], () => [
      b.live ? "" : make("span", "why-not", say(b.why)), ...hints.map((k) => make("kbd", "", lang === "en" ? k : { Space: "空格", Enter: "回车" }[k] || k))]);
    big.setAttribute("aria-disabled", String(!b.live || Boolean(screen.busy)));
    big.classList.toggle("dead", !b.live);
    big.classList.toggle("waits", Boolean(bigWaits()));
  }

  function drawNote() {
    const n = screen.note, shown = n && !screen.menu;
    $("note").hidden = !shown;
    section($("note"), shown ? n : null, () => shown ? [make("span", "mark", "!"), make("b", "", say(n.what)), make("span", "", say(n.text))] : []);
  }

  // What happens beside the window's own work: the question to the citizen, a paper, the keypad.
  function drawTold() {
    const s = screen, lines = [];
    if (s.rate) lines.push(["rate " + s.rate.state, s.rate.state === "failed" ? "!" : "★", s.rate.number + " " + say(s.rate.text), s.rate.state === "asking"]);
    if (s.paper) lines.push(["paper " + s.paper.state, s.paper.state === "failed" ? "!" : "▤", say(s.paper.text)]);
    if (s.chord) lines.push(["chord", "⌨", w().key + " " + s.chord + " _"]);
    section($("told"), lines, () => lines.map(([cls, mark, text, runs]) => make("p", "told " + cls, make("span", "mark", mark), make("span", "", text), runs ? timer("rate", true) : "")));
    if (s.taps > taps && taps >= 0) click();
    taps = s.taps;
  }

  // A click answers each key of the keypad, where the browser may sound.
  function click() {
    try {
      audio = audio || new AudioContext();
      const tone = audio.createOscillator(), loud = audio.createGain();
      loud.gain.value = .08;
      tone.frequency.value = 1800;
      tone.connect(loud).connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + .015);
    } catch { /* the lamp answers too */ }
  }

  function drawKeys() {
    const s = screen, keys = s.stage === "connecting" || s.stage === "unassigned" ? [] : s.keys;
    const refused = s.note && !s.menu ? s.note.key : "", busy = s.busy ? s.busy.key : "";
    $("keys").classList.toggle("many", keys.length > 12);
    section($("keys"), [keys, busy, refused, s.undo, s.held.length], () => keys.map((k) => keyButton(s, k, busy, refused)));
  }

  function keyButton(s, k, busy, refused) {
    const b = button("key" + (k.live ? "" : " dead") + (busy === k.id ? " waits" : "") + (refused === k.id ? " refused" : ""),
      () => pressKey(k.id), make("kbd", "", k.hint), make("span", "key-label", say(k.label)));
    if (k.id === "undo" && s.undo && k.live) b.append(make("span", "key-more", say(s.undo.what), timer("undo", true)));
    if (k.id === "resume" && s.held.length) b.append(make("span", "count", String(s.held.length)));
    b.dataset.key = k.id;
    b.setAttribute("aria-disabled", String(!k.live || Boolean(busy)));
    if (!k.live) b.title = say(k.why);
    b.setAttribute("aria-label", say(k.label) + (k.live ? "" : " (" + say(k.why) + ")") + " " + k.hint);
    return b;
  }

  function drawSide() {
    const s = screen, open = s.stage !== "connecting" && s.stage !== "unassigned";
    const n = s.current || s.pause ? s.next : null, p = s.partner;
    const free = s.keys.some((k) => k.id === "resume" && k.live);
    $("next").hidden = !n;
    section($("next"), n, () => n ? [make("h2", "", w().next), make("p", "row", make("b", "num", n.number), make("span", "", say(n.service)), make("span", "end", w().waited + " ", timer("next")))] : []);
    $("queues").hidden = !open;
    section($("queues"), [s.queues, s.waiting], () => [
      make("h2", "", w().queues, make("span", "end", w().total + " ", make("b", "", String(s.waiting)), " " + w().people)),
      ...s.queues.map((q) => make("p", "row", make("span", "", say(q.name)), q.cover ? tag(w().cover, "cover") : "", make("b", "end", String(q.waiting)))),
      s.queues.length ? "" : make("p", "quiet", w().noQueues)]);
    $("held").hidden = s.held.length === 0;
    section($("held"), [s.held, free], () => [make("h2", "", w().held), ...s.held.map((h) => heldRow(h, free))]);
    $("partner").hidden = !p;
    section($("partner"), p, () => p ? [
      make("h2", "", w().partner, make("span", "end", say(p.name))),
      make("p", "row", make("span", "status " + p.status, make("span", "dot"), say(p.word)), p.number ? make("span", "", w().partnerNow + " ", make("b", "num", p.number)) : "", make("span", "end", w().waiting + " ", make("b", "", String(p.waiting)), " " + w().people)),
      say(p.cover) && make("p", "covering", say(p.cover))] : []);
  }

  function heldRow(h, free) {
    const row = make("p", "row", make("b", "num", h.number), make("span", "quiet", h.reason || ""), make("span", "end", timer("held " + h.ticket)));
    if (free) {
      const b = button("small", () => press({ key: "resume", choice: h.ticket }), w().bringBack);
      b.dataset.key = "held " + h.ticket;
      row.append(b);
    }
    return row;
  }

  function drawMenu() {
    const m = screen.menu, dialog = $("menu");
    if (!m) { if (dialog.open) dialog.close(); drawnMenu = ""; return; }
    const key = lang + JSON.stringify({ ...m, typed: "" });
    if (key !== drawnMenu) { drawnMenu = key; buildMenu(m, dialog); }
    const typed = dialog.querySelector(".typed");
    if (typed) { typed.textContent = m.typed ? m.typed + "_" : ""; typed.hidden = !m.typed; }
    const n = screen.note, text = ownNote || (screen.busy && screen.busy.long ? w().waitingHub : n && !(m.key === "override" && n.key !== "override") ? say(n.text) : "");
    const note = dialog.querySelector(".note");
    note.hidden = !text;
    section(note, text, () => [make("span", "mark", "!"), text]);
  }

  function buildMenu(m, dialog) {
    const at = [...dialog.querySelectorAll(".option")].indexOf(document.activeElement); // where the finger was
    const note = make("p", "note");
    note.setAttribute("role", "alert");
    const title = make("h2", "", say(m.title));
    title.id = "menu-title";
    const back = button("tool", () => press({ key: "back" }), make("kbd", "", "Esc"), w().back);
    const head = make("div", "menu-head", title, make("b", "typed"), back);
    const text = say(m.text) ? make("p", "menu-text", say(m.text)) : "";
    if (m.form) fill(dialog, head, text, menuForm(m), note); else fill(dialog, head, text, menuOptions(m), note);
    if (!dialog.open) dialog.showModal();
    const ticked = m.multi && dialog.querySelectorAll(".option")[Math.max(0, at)];
    const first = ticked || dialog.querySelector("input") || (m.key === "transfer" ? dialog.querySelector(".menu-head button") : dialog.querySelector(".option"));
    if (first) first.focus();
  }

  function menuOptions(m) {
    const box = make("div", "options");
    for (const o of m.options || []) {
      if (o.group) box.append(make("h3", "", say(o.group)));
      const b = button("option" + (o.on ? " on" : ""), () => press({ key: m.key, choice: o.choice }), make("kbd", "", o.no), make("span", "", say(o.label)));
      if (m.multi) {
        b.setAttribute("aria-pressed", String(Boolean(o.on)));
        b.append(make("span", "tick end", o.on ? "✓" : ""));
      }
      box.append(b);
    }
    if (m.multi) box.append(button("submit go", pressBig, w().print + " ", make("kbd", "", lang === "en" ? "Enter" : "回车")));
    return box;
  }

  function menuForm(m) {
    const form = make("form", "fields"), f = m.form;
    form.noValidate = true;
    const add = (name, label, attributes) => {
      const input = make("input", "");
      Object.assign(input, { id: "f-" + name, name, autocomplete: "off", maxLength: 200 }, attributes);
      const l = make("label", "", label);
      l.htmlFor = input.id;
      form.append(make("p", "field", l, input));
    };
    if (f.ticket) add("ticket", w().number, { maxLength: 32 });
    if (f.manager) { add("manager", w().manager, { maxLength: 32 }); add("manager_pin", w().managerPin, { type: "password", inputMode: "numeric", maxLength: 12 }); }
    add("reason", w().reasonLabel, { value: f.reason || "" });
    const submit = make("button", "submit", say(f.submit), " ", make("kbd", "", lang === "en" ? "Enter" : "回车"));
    form.append(submit);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      const body = { key: m.key };
      if (f.choice) body.choice = f.choice;
      for (const [name, value] of new FormData(form)) if (value.trim()) body[name] = value.trim();
      press(body);
    });
    return form;
  }

  function showHelp() {
    const title = make("h2", "", w().helpTitle);
    title.id = "help-title";
    const list = make("dl", "");
    for (const [keys, text] of w().help) list.append(make("dt", "", make("kbd", "", keys)), make("dd", "", text));
    fill($("help"), make("div", "menu-head", title, button("tool", () => $("help").close(), make("kbd", "", "Esc"), w().close)), list);
    $("help").showModal();
  }

  function drawClock() {
    if (!screen || screen.clock_ms < 0) { $("clock").textContent = ""; return; }
    const s = Math.floor((screen.clock_ms + performance.now() - base) / 1000), two = (n) => String(n % 60).padStart(2, "0");
    $("clock").textContent = String(Math.floor(s / 3600) % 24).padStart(2, "0") + ":" + two(Math.floor(s / 60));
  }

  function switchLang() {
    lang = lang === "en" ? "zh-CN" : "en";
    store("jiaohao.lang", lang);
    drawnMenu = "";
    draw();
  }

  $("lang").addEventListener("click", switchLang);
  $("keys-help").addEventListener("click", showHelp);
  $("big").addEventListener("click", pressBig);
  $("sign-on").addEventListener("submit", (e) => { e.preventDefault(); signOn(); });
  $("menu").addEventListener("cancel", (e) => e.preventDefault());

  setInterval(() => {
    if (performance.now() - heardAt > SILENCE_MS && !lost) { lost = true; drawBanners(); }
    tick();
    drawClock();
  }, 250);

  const events = new EventSource("events");
  events.onmessage = (e) => {
    screen = JSON.parse(e.data);
    heardAt = performance.now();
    base = heardAt - screen.age_ms;
    lost = false;
    draw();
  };
  events.onerror = () => { lost = true; drawBanners(); };
  draw();
})();

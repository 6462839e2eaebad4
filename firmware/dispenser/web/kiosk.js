"use strict";
// The kiosk page. The dispenser sends the whole view; this only shows it and
// sends taps. Language, large text and the green channel are the page's own and are
// forgotten when nobody touches it for a while.
(() => {
  const IDLE_MS = 30_000; // a citizen who went away
  const SILENCE_MS = 25_000; // the dispenser speaks every 10 s
  const TAP_MS = 1_500; // a second tap within it is the same finger

  const words = {
    "zh-CN": {
      other: "English", elder: "大字版", elderOff: "标准版", ask: "请选择要办理的业务", helpLine: "不会取号？请找大厅工作人员", greenAsk: "请选择要办理的业务",
      ahead: (n) => ["前面 ", n, " 人"], wait: (w) => range(w, "约 ", " 分钟"), waitUnknown: "等候时间未知", unknown: "等候人数未知", nobody: "无人等候", unmanned: "暂无窗口办理",
      closed: "暂停取号", bring: "所需\n材料", bringTitle: (s) => "办理“" + s + "”所需材料", take: "材料带齐了，取号", print: "打印这份清单", close: "返回",
      green: "绿色通道", greenWho: "老年人、残疾人、孕妇等", greenTitle: "绿色通道", greenText: "下列人员优先办理，到窗口请出示证件。您是：", greenOn: (r) => "绿色通道：" + r, cancel: "取消",
      away: "与叫号系统的连接中断。可以照常取号，号码以本机字母开头，同样会被叫到。", notReady: "取号机正在准备，请稍候",
      working: "正在取号，请稍候", number: "您的号码", coming: "正在打印小票…", out: "请取走小票", list: "办事材料清单", listComing: "正在打印材料清单…", listOut: "请取走材料清单", again: "重印", offline: "离线号", done: "完成", back: "返回",
      aheadNow: (n) => n > 0 ? "前面还有 " + n + " 人" : "前面没有人等候", waitNow: (w) => range(w, "，大约等 ", " 分钟"), listen: "请听叫号，留意窗口屏",
      refused: "暂时取不了号", lost: "取号机正在重新启动，请稍候", failed: "没有取到号，请再点一次",
      unprinted: (n) => "有 " + n + " 个号未出票", more: "更多业务 ▼", top: "回到开头 ▲", unprintedTitle: "补打小票", unprintedText: "请点您自己的号码。补打的小票印有“重印”字样，号码和顺序不变。",
    },
    "en": {
      other: "中文", elder: "Large text", elderOff: "Normal text", ask: "Tap a service to take a number", helpLine: "Need help? Please ask the staff", greenAsk: "Tap a service",
      ahead: (n) => ["", n, " ahead"], wait: (w) => range(w, "about ", " min"), waitUnknown: "wait unknown", unknown: "Queue length unknown", nobody: "Nobody waiting", unmanned: "No window open now",
      closed: "No numbers now", bring: "What to bring", bringTitle: (s) => "Please bring for “" + s + "”", take: "I have it all: take a number", print: "Print this list", close: "Back",
      green: "Green channel", greenWho: "elderly, disabled and others", greenTitle: "Green channel", greenText: "These people are served first. Please show your papers at the window. You are:", greenOn: (r) => "Green channel: " + r, cancel: "Cancel",
      away: "The hall system is away. You can still take a number: it begins with this machine's own letter and will be called too.", notReady: "The dispenser is getting ready, please wait",
      working: "Getting your number, please wait", number: "Your number", coming: "Printing your slip…", out: "Please take your slip", list: "What to bring", listComing: "Printing the list…", listOut: "Please take your list", again: "Reprint", offline: "Offline number", done: "Done", back: "Back",
      aheadNow: (n) => n > 0 ? n + " ahead of you" : "Nobody ahead of you", waitNow: (w) => range(w, ", about ", " min"), listen: "Listen for your number and watch the window panels",
      refused: "No number now", lost: "The dispenser is restarting, please wait", failed: "That did not work, please tap again",
      unprinted: (n) => n + (n === 1 ? " number" : " numbers") + " without slip", more: "More ▼", top: "Back to top ▲", unprintedTitle: "Print a slip", unprintedText: "Tap your own number. The slip is marked as a reprint; number and place stay the same.",
    },
  };
  const params = new URLSearchParams(location.search);
  const home = { lang: params.get("lang") === "en" ? "en" : "zh-CN", elder: params.get("elder") === "1" };
  let lang = home.lang, elder = home.elder, green = "", view = null, lastTap = 0, heardAt = Date.now(), idle = 0, shownResult = 0, drawn = "";

  const $ = (id) => document.getElementById(id);
  const t = () => words[lang];
  const say = (text) => !text ? "" : text[lang] || text["zh-CN"] || text["en"] || "";
  const otherName = (text) => { const s = text[lang === "en" ? "zh-CN" : "en"] || ""; return s === say(text) ? "" : s; };
  const range = (w, before, after) => before + (w.low === w.high ? w.high : w.low + "–" + w.high) + after;
  function make(tag, cls, ...parts) {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    e.append(...parts);
    return e;
  }

  async function post(path, body) {
    try {
      const r = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      return r.ok || r.status === 409; // a refusal is shown by the view
    } catch { return false; }
  }

  // reader is how the paper should be, where somebody has chosen on this page.
  const reader = () => ({ ...(lang !== home.lang && { lang }), ...(elder && { large: true }) });

  function tapped() {
    const now = Date.now();
    if (now - lastTap < TAP_MS) return false;
    lastTap = now;
    if ($("sheet").open) $("sheet").close();
    return true;
  }

  async function take(service) {
    if (!tapped()) return;
    const press = { service, ...(green && { class: "green", reason: green }), ...reader() };
    green = "";
    draw();
    if (!await post("press", press)) notice(t().failed);
  }

  async function printList(service) {
    if (tapped() && !await post("materials", { service, ...reader() })) notice(t().failed);
  }

  let failed = "";
  function notice(text) {
    failed = text;
    draw();
    setTimeout(() => { failed = ""; draw(); }, 5000);
  }

  function waitLine(s) {
    if (!s.open) return [say(s.reason) || t().closed];
    if (!s.known) return [t().unknown];
    const [before, n, after] = t().ahead(s.waiting);
    if (s.unmanned && s.waiting === 0) return [make("span", "", t().unmanned)];
    const people = s.waiting === 0 ? make("span", "", t().nobody) : make("span", "", before, make("b", "", String(n)), after);
    return [people, " ", s.unmanned ? make("span", "", t().unmanned) : make("span", "", s.wait ? t().wait(s.wait) : t().waitUnknown)];
  }

  function tile(s) {
    const button = make("button", "take", make("span", "name", say(s.name)));
    button.type = "button";
    if (otherName(s.name)) {
      const other = make("span", "other", otherName(s.name));
      other.lang = lang === "en" ? "zh-CN" : "en";
      button.append(other);
    }
    button.append(make("span", "wait", ...waitLine(s)));
    button.dataset.service = s.service;
    button.setAttribute("aria-disabled", String(!s.open));
    button.addEventListener("click", () => take(s.service));
    const box = make("div", "tile" + (s.open ? "" : " closed"), button);
    if (s.materials && s.materials.length) {
      box.classList.add("brings");
      const bring = make("button", "bring", t().bring);
      bring.type = "button";
      bring.setAttribute("aria-label", t().bringTitle(say(s.name)));
      bring.addEventListener("click", () => sheet({
        title: t().bringTitle(say(s.name)), list: s.materials.map(say),
        choices: [
          ...(s.open ? [[t().take, () => take(s.service)]] : []),
          ...(say(view.printer) ? [] : [[t().print, () => printList(s.service), "second"]]),
        ],
      }));
      box.append(bring);
    }
    return box;
  }

  function drawServices() {
    const groups = new Map();
    for (const s of view.services) {
      const name = say(s.group);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(s);
    }
    const focused = document.activeElement && document.activeElement.dataset.service;
    const parts = [];
    for (const [name, list] of groups) {
      const box = make("section", "group");
      if (name && groups.size > 1) box.append(make("h3", "", name));
      box.append(make("div", "tiles", ...list.map(tile)));
      parts.push(box);
    }
    $("services").replaceChildren(...parts);
    if (focused) {
      const again = [...document.querySelectorAll(".take")].find((b) => b.dataset.service === focused);
      if (again) again.focus({ preventScroll: true });
    }
  }

  // drawMore tells of services below the edge, which a half row alone does not.
  function drawMore() {
    const main = $("start"), hidden = main.scrollHeight - main.clientHeight;
    $("more").hidden = hidden < 8;
    $("more").textContent = main.scrollTop < hidden - 8 ? t().more : t().top;
  }

  function turnPage() {
    const main = $("start"), edge = main.getBoundingClientRect().bottom;
    const below = [...document.querySelectorAll(".tile")].find((e) => e.getBoundingClientRect().bottom > edge);
    if (below) below.scrollIntoView({ block: "start" });
    else main.scrollTop = 0;
    drawMore();
  }

  function drawNotices() {
    $("line").textContent = say(view.line);
    const lines = [];
    if (green) {
      const cancel = make("button", "", t().cancel);
      cancel.type = "button";
      cancel.addEventListener("click", () => { green = ""; draw(); });
      const who = view.green.find((g) => g["zh-CN"] === green);
      lines.push(make("p", "mode", make("span", "", t().greenOn(say(who)) + (lang === "en" ? ". " : "。") + t().greenAsk), cancel));
    }
    if (failed) lines.push(make("p", "", failed));
    if (view.ready && view.away) lines.push(make("p", "", t().away));
    if (say(view.printer)) lines.push(make("p", "", say(view.printer)));
    const text = lines.map((l) => l.textContent).join("|");
    if ($("notices").dataset.text !== text) { // not spoken again when nothing changed
      $("notices").dataset.text = text;
      $("notices").replaceChildren(...lines);
    }
  }

  function drawResult() {
    const r = view.result, box = $("result");
    if (!r) {
      box.hidden = true;
      document.querySelector("main").inert = false;
      return;
    }
    const card = box.firstElementChild, k = r.ticket, list = r.kind === "list";
    card.className = "card " + (k || list ? r.paper : r.kind);
    const of = list ? view.services.find((s) => s.service === r.service) : null;
    $("result-title").textContent = k ? t().number + " · " + say(k.service_name) : list ? t().list + (of ? " · " + say(of.name) : "") : r.kind === "working" ? "" : t().refused;
    $("result-title").hidden = r.kind === "working";
    $("result-number").hidden = !k;
    $("result-number").textContent = k ? k.number : "";
    const marks = [];
    if (k && k.class === "green") marks.push(make("span", "greenmark", t().green));
    if (k && k.offline) marks.push(make("span", "", t().offline));
    if (r.again) marks.push(make("span", "", t().again));
    $("result-marks").hidden = !marks.length;
    $("result-marks").replaceChildren(...marks);
    $("result-facts").hidden = !k || Boolean(r.again); // what a reprint knew is old
    if (k) $("result-facts").textContent = k.offline ? t().listen : t().aheadNow(k.ahead) + (r.wait ? t().waitNow(r.wait) : "");
    const text = r.kind === "working" ? t().working : r.kind === "refused" || r.paper === "missing" ? say(r.text) : list ? { coming: t().listComing, out: t().listOut }[r.paper] : t()[r.paper];
    if ($("result-text").textContent !== text) $("result-text").textContent = text;
    const done = $("result-done");
    done.hidden = r.kind === "working" || r.paper === "coming";
    done.textContent = r.kind === "refused" ? t().back : t().done;
    box.hidden = false;
    document.querySelector("main").inert = true;
    if (shownResult !== r.no) {
      shownResult = r.no;
      if ($("sheet").open) $("sheet").close();
      if (!done.hidden) done.focus();
    }
  }

  function sheet({ title, text = "", list = [], choices = [], greens = false }) {
    $("sheet-title").textContent = title;
    $("sheet-text").textContent = text;
    $("sheet-text").hidden = !text;
    $("sheet-list").replaceChildren(...list.map((s) => make("li", "", s)));
    $("sheet-list").hidden = !list.length;
    $("sheet-choices").className = "choices" + (greens ? " greens" : "");
    $("sheet-choices").replaceChildren(...choices.map(([label, act, cls]) => {
      const b = make("button", cls || "", label);
      b.type = "button";
      b.addEventListener("click", act);
      return b;
    }));
    $("sheet-close").textContent = t().close;
    $("sheet").showModal();
  }

  function draw() {
    const root = document.documentElement;
    root.lang = lang;
    root.classList.toggle("elder", elder);
    root.classList.toggle("greenmode", green !== "");
    $("lang").textContent = t().other;
    $("lang").lang = lang === "en" ? "zh-CN" : "en";
    $("elder").textContent = elder ? t().elderOff : t().elder;
    $("elder").setAttribute("aria-pressed", String(elder));
    $("lost-text").textContent = words["zh-CN"].lost + "\n" + words.en.lost;
    $("green").hidden = !view || !view.ready;
    $("ask").textContent = view && view.ready ? t().ask : t().notReady;
    if (!view) return;
    $("hall").textContent = say(view.hall);
    document.title = say(view.hall) || view.device;
    $("green").replaceChildren(t().green, make("small", "", t().greenWho));
    $("help").textContent = t().helpLine;
    $("unprinted").hidden = !view.unprinted.length;
    $("unprinted").textContent = t().unprinted(view.unprinted.length);
    drawServices();
    drawNotices();
    drawMore();
    drawResult();
  }

  function reset() {
    lang = home.lang; elder = home.elder; green = "";
    if ($("sheet").open) $("sheet").close();
    $("start").scrollTop = 0;
    draw();
  }

  function touched() {
    clearTimeout(idle);
    idle = setTimeout(reset, IDLE_MS);
  }

  function listen() {
    const events = new EventSource("events");
    events.onmessage = (e) => {
      heardAt = Date.now();
      $("lost").hidden = true;
      if (e.data === drawn) return; // a sign of life
      drawn = e.data;
      view = JSON.parse(e.data);
      draw();
    };
    events.onerror = () => { if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000); };
  }

  $("lang").addEventListener("click", () => { lang = lang === "en" ? "zh-CN" : "en"; draw(); });
  $("elder").addEventListener("click", () => { elder = !elder; draw(); });
  $("green").addEventListener("click", () => sheet({
    title: t().greenTitle, text: t().greenText, greens: true,
    choices: view.green.map((g) => [say(g), () => { green = g["zh-CN"]; $("sheet").close(); draw(); }]),
  }));
  $("unprinted").addEventListener("click", () => sheet({
    title: t().unprintedTitle, text: t().unprintedText,
    choices: [...view.unprinted].reverse().map((n) => [n, () => { $("sheet").close(); post("reprint", { number: n }); }]),
  }));
  $("sheet-close").addEventListener("click", () => $("sheet").close());
  $("more").addEventListener("click", turnPage);
  $("start").addEventListener("scroll", drawMore, { passive: true });
  addEventListener("resize", drawMore);
  $("result-done").addEventListener("click", () => { if (view.result) post("done", { no: view.result.no }); });
  for (const e of ["pointerdown", "keydown"]) addEventListener(e, touched);
  addEventListener("contextmenu", (e) => e.preventDefault());
  setInterval(() => { if (Date.now() - heardAt > SILENCE_MS) $("lost").hidden = false; }, 1000);
  draw();
  listen();
})();

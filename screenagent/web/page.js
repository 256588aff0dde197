"use strict";
/* Everything that comes from the run is text: it is set as textContent, and never becomes markup. */
(() => {
  const QUIET_MS = 500, AGAIN_MS = 2000, KEPT_PICTURES = 12, TOAST_MS = 6000, WAITS_MS = 2500, DESKS_MS = 1200;
  const $ = id => document.getElementById(id);
  const clock = () => performance.now();
  const sentence = words => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;

  let key = sessionStorage.getItem("key") || "";
  let only = null, run = null, mayAnswer = false, page = "";
  let view = null, heardAt = 0, connected = false, finished = false;
  let looked = null, lookedStep = null, showsAfter = false;
  let mine = null;      // what the person has changed about the open question
  let quietUntil = 0, quietTimer = 0, allUntil = 0, toastTimer = 0, listTimer = 0;
  let scale = 0, centre = { x: .5, y: .5 };      // of the large picture; scale 0 fits it in
  const pictures = new Map();
  let overview = false, listed = [], waits = [], waitsLooked = 0, calmFrom = 0, calmTimer = 0;
  const shots = new Map(), settling = new Set();      // pictures of the list, and what is being settled

  /* ---- elements ---- */

  function make(tag, words, names) {
    const made = document.createElement(tag);
    if (words !== undefined) made.textContent = words;
    if (names) made.className = names;
    return made;
  }
  function say(element, words) { if (element.textContent !== words) element.textContent = words; }
  function show(element, is) { if (element.hidden === Boolean(is)) element.hidden = !is; }
  function fill(element, shown, build) {
    const written = JSON.stringify(shown);
    if (element.dataset.shown === written) return false;
    element.dataset.shown = written;
    element.replaceChildren(...build());
    return true;
  }
  function reachable(element) {      // by the keyboard, if there is more of it than can be seen
    if (element.scrollHeight > element.clientHeight + 1) element.tabIndex = 0; else element.removeAttribute("tabindex");
  }
  function lines(element, told) {
    fill(element, told, () => told.map(line => {
      const p = make("p");
      for (const part of line) p.append(make("span", part.text, `t-${part.tone}${part.strong ? " strong" : ""}`));
      if (line.length && line[0].text.startsWith("careful: ")) p.className = "careful";
      return p;
    }));
  }
  function announce(words) { $("announced").textContent = ""; setTimeout(() => { $("announced").textContent = words; }, 60); }
  function toast(words) {
    say($("toast"), words);
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => say($("toast"), ""), TOAST_MS);
  }
  function banner(words, kind) { say($("banner"), words); $("banner").className = `banner ${kind || ""}`; show($("banner"), words); }

  /* ---- the server ---- */

  async function ask(path, options = {}) {
    const headers = { "X-Screenagent-Key": key, ...(options.headers || {}) };
    return fetch(path, { ...options, headers, credentials: "same-origin" });
  }
  async function whyNot(response) {
    try { return (await response.json()).why || `it answers ${response.status}`; } catch { return `it answers ${response.status}`; }
  }
  async function send(request) {
    if (!mayAnswer) { toast("This page only watches"); return null; }
    try {
      const response = await ask(`/run/${encodeURIComponent(run)}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ page, ...request }),
      });
      if (response.ok) return await response.json();
      toast(await whyNot(response));
    } catch { toast("The page's server does not answer; nothing was done"); }
    return null;
  }
  const steer = (what, text = "") => send({ do: "steer", what, text });
  const hold = (what, to = "") => send({ do: "hold", what, to });

  async function enter() {
    const token = location.hash.slice(1);
    if (token.length > 20) {
      history.replaceState(null, "", location.pathname + location.search);
      const response = await fetch("/enter", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }), credentials: "same-origin",
      });
      if (response.ok) {
        key = (await response.json()).key;
        sessionStorage.setItem("key", key);
      } else if (!key) { banner(sentence(await whyNot(response)), "bad"); return; }
    }
    await begin();
  }
  async function begin() {
    let told;
    clearTimeout(listTimer);
    try {
      const response = await ask("/runs");
      if (!response.ok) { banner(sentence(await whyNot(response)), "bad"); return; }
      told = await response.json();
    } catch { banner("The page's server does not answer.", "bad"); listTimer = setTimeout(begin, 2000); return; }
    only = told.only; mayAnswer = told.answers;
    banner("");
    if (run === null && only !== null) run = only;
    if (run !== null) { show($("list"), false); show($("to-runs"), only === null); follow(); return; }
    listRuns(told.runs);
    if (told.overview && !overview) { overview = true; lookAgain(lookAtWaits, WAITS_MS); lookAgain(lookAtDesks, DESKS_MS); }
    listTimer = setTimeout(begin, 2000);
  }
  function listRuns(runs) {
    say($("task"), "Overview"); say($("state"), ""); say($("facts"), "");
    document.title = waits.length ? `(${waits.length}) screenagent` : "screenagent";
    listed = runs;
    show($("run"), false); show($("steering"), false); show($("list"), true); show($("no-runs"), !runs.length);
    fill($("runs"), runs, () => runs.map(one => {
      const item = make("li"), button = make("button");
      button.type = "button";
      button.append(make("strong", one.task), make("span", [one.run, one.desktop].filter(Boolean).join(" · "), "quiet"));
      button.addEventListener("click", () => { run = one.run; begin(); });
      item.append(button);
      return item;
    }));
  }

  /* ---- what waits, and the desks ---- */

  const isListed = () => run === null && !$("list").hidden;
  function lookAgain(look, every) {
    (async function again() { try { await look(); } catch { /* the list of runs says that the server is gone */ } setTimeout(again, every); })();
  }
  function fetched(url, path, put) {      // the address of a picture; it is put when it is there
    if (shots.has(url)) { put(shots.get(url)); return; }
    shots.set(url, "");
    ask(path).then(async response => {
      if (!response.ok || !shots.has(url)) return;
      shots.set(url, URL.createObjectURL(await response.blob()));
      put(shots.get(url));
    }).catch(() => shots.delete(url));
  }
  function forget(kind, kept) {
    for (const [url, blob] of shots) if (url.startsWith(kind) && !kept.has(url)) { shots.delete(url); if (blob) URL.revokeObjectURL(blob); }
  }
  function shot(name, label) {
    const made = make("button", undefined, "shot"), image = make("img");
    made.type = "button"; made.dataset.what = "picture";
    made.setAttribute("aria-label", label);
    image.alt = "";
    made.append(image);
    image.hidden = true;
    made.addEventListener("click", () => { if (image.src) enlarge(name, image.src); });
    return made;
  }
  function putShot(item, url, path) {
    const image = item.querySelector(".shot img");
    fetched(url, path, blob => { if (blob && image.src !== blob) { image.src = blob; image.hidden = false; } });
  }
  function enlarge(name, from) {
    say($("larger-title"), name);
    $("larger-picture").src = from;
    $("larger-picture").alt = name;
    $("larger-view").showModal();
  }
  $("larger-leave").addEventListener("click", () => $("larger-view").close());

  async function lookAtWaits() {
    if (run !== null) return;
    const looking = ++waitsLooked, response = await ask("/waits");
    if (looking !== waitsLooked || run !== null) return;
    show($("waits"), true);
    if (!response.ok) { showProblems([sentence(await whyNot(response))]); return; }
    const told = await response.json(), before = waits;
    waits = told.entries;
    showWaits();
    showProblems(told.problems);
    const known = new Set(before.map(entry => entry.id)), fresh = waits.filter(entry => !known.has(entry.id));
    if (waitsLooked > 1 && fresh.length) announce(fresh.length === 1 ? `${fresh[0].title}: ${fresh[0].what}` : `${fresh.length} more wait for you`);
  }
  function showProblems(problems) { fill($("problems"), problems, () => problems.map(problem => make("li", problem))); }
  function showWaits() {
    const focused = document.activeElement.closest("#entries button"), at = focused && [focused.closest("li").dataset.id, focused.dataset.what];
    const rebuilt = fill($("entries"), waits.map(({ age, particulars, ...rest }) => [rest, particulars.length]), () => waits.map(entryItem));
    say($("waits-count"), waits.length ? String(waits.length) : "");
    show($("no-waits"), !waits.length);
    document.title = waits.length ? `(${waits.length}) screenagent` : "screenagent";
    for (const [at, item] of [...$("entries").children].entries()) {
      say(item.querySelector(".age"), ageOf(waits[at]));      // what only counts time does not make the list anew
      item.querySelectorAll(".particular").forEach((line, number) => say(line, waits[at].particulars[number]));
      if (waits[at].has_picture) putShot(item, shotOf(waits[at]), `/wait/${encodeURIComponent(waits[at].id)}/picture`);
    }
    if (!rebuilt) return;
    beCalm();
    forget("/wait/", new Set(waits.map(shotOf)));
    if (!at) return;
    const item = [...$("entries").children].find(one => one.dataset.id === at[0]);
    const again = item && (item.querySelector(`[data-what="${at[1]}"]`) || item.querySelector("button"));
    if (again) again.focus();
  }
  const ageOf = entry => [{ row: "Row", question: "Missed question", live: "Asks now" }[entry.kind], entry.age && `${entry.age} ago`].filter(Boolean).join(" · ");
  const shotOf = entry => `/wait/${entry.id}/${entry.version}`;
  const WAYS = { continue: ["c", "Continue…", "yes"], skip: ["s", "Skip", ""], done: ["d", "Done", ""], dismiss: ["d", "Dismiss", "yes"], teach: ["t", "Teach…", ""], stop: ["x", "Stop its play", ""] };
  function entryItem(entry) {
    const item = make("li", undefined, `${entry.kind === "live" ? "live" : ""}${entry.has_picture ? "" : " bare"}`), words = make("div", undefined, "words"), ways = make("div", undefined, "answers");
    item.dataset.id = entry.id;
    words.append(make("span", "", "quiet age"), make("strong", entry.title), make("span", entry.what, "what"));
    if (entry.why) words.append(make("span", entry.why, "why"));
    for (const line of entry.particulars) words.append(make("span", line, "quiet particular"));
    ways.setAttribute("role", "group");
    ways.setAttribute("aria-label", `Ways to settle ${entry.title}`);
    if (entry.run) ways.append(way("o", "Open its run", "yes", "open", () => { run = entry.run; begin(); }));
    for (const name of entry.ways) { const [letter, label, kind] = WAYS[name]; ways.append(way(letter, label, kind, name, () => settle(entry, name))); }
    if (ways.childElementCount) words.append(ways);
    if (entry.has_picture) item.append(shot(entry.title, `Picture of ${entry.title}, larger`));
    item.append(words);
    return item;
  }
  function way(letter, label, kind, what, then) {
    const made = make("button", label, kind);
    made.type = "button"; made.dataset.what = what;
    made.append(make("kbd", letter));
    made.setAttribute("aria-keyshortcuts", letter);
    made.addEventListener("click", () => { if (mayPress(what)) then(); else beCalm(); });
    return made;
  }
  const isCalm = () => clock() >= calmFrom;
  const mayPress = what => isCalm() || what === "open" || what === "picture";
  function beCalm() {      // what is pressed now was meant for what stood here before
    calmFrom = clock() + QUIET_MS;
    clearTimeout(calmTimer);
    calmTimer = setTimeout(() => enable($("entries"), mayPress), QUIET_MS + 5);
    enable($("entries"), mayPress);
  }
  function settle(entry, name) {
    if (name !== "continue") { carryOut(entry, { way: name }); return; }
    sayIn("Play the row again", [entry.title, "It is played with the next play of these rows, or now by this command:", { command: entry.command }], [
      ["Play it now", "yes", () => carryOut(entry, { way: name, now: true })], ["With the next play", "", () => carryOut(entry, { way: name, now: false })],
    ]);
  }
  async function carryOut(entry, asked) {
    if (settling.has(entry.id)) return;
    settling.add(entry.id);
    try {
      const response = await ask(`/wait/${encodeURIComponent(entry.id)}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ version: entry.version, ...asked }),
      });
      if (!response.ok) toast(sentence(await whyNot(response)));
      else {
        const { said } = await response.json();
        if (said.length > 1) sayIn(entry.title, said, []); else toast(sentence(said[0]));
      }
    } catch { toast("The page's server does not answer; it may be settled or not"); }
    settling.delete(entry.id);
    lookAtWaits().catch(() => {});
  }
  function sayIn(title, said, ways) {
    say($("saying-title"), title);
    $("saying-lines").replaceChildren(...said.map(line => line.command ? make("p", line.command, "command") : make("p", line)));
    const back = make("button", "Back");
    back.append(make("kbd", "Esc"));
    const choose = then => () => { $("saying").close(); if (then) then(); };
    $("saying-ways").replaceChildren(...ways.map(([label, kind, then]) => { const made = make("button", label, kind); made.type = "button"; made.addEventListener("click", choose(then)); return made; }), back);
    back.type = "button";
    back.addEventListener("click", choose(null));
    if (!$("saying").open) $("saying").showModal();
    back.focus();
  }
  $("saying").addEventListener("close", beCalm);

  async function lookAtDesks() {
    if (!isListed() || document.hidden) return;
    const response = await ask("/desks");
    if (!response.ok || run !== null) return;
    const { desks } = await response.json();
    show($("desks-part"), true); show($("no-desks"), !desks.length);
    fill($("desks"), [listed, desks.map(({ picture, ...rest }) => ({ ...rest, shows: Boolean(picture) }))], () => desks.map(deskItem));
    for (const [at, item] of [...$("desks").children].entries())
      if (desks[at].picture) putShot(item, deskShotOf(desks[at]), deskShotOf(desks[at]));
    forget("/desk/", new Set(desks.map(deskShotOf)));
  }
  const deskShotOf = desk => `/desk/${encodeURIComponent(desk.name)}/picture/${desk.picture}`;
  function deskItem(desk) {
    const item = make("li"), words = make("div", undefined, "words");
    item.append(desk.picture ? shot(`The desk ${desk.name}`, `Screen of the desk ${desk.name}, larger`) : make("p", sentence(desk.why), desk.at_work ? "quiet" : "bad"), words);
    words.append(make("strong", desk.name), make("span", [desk.display, desk.size, `since ${desk.since}`].join(" · "), "quiet"));
    if (desk.at_work || desk.picture) words.append(make("span", desk.at_work ? `An agent is at work: “${desk.at_work}”` : "No agent is at work"));
    if (desk.programs.length || desk.picture) words.append(make("span", desk.programs.join(", ") || "No program is open"));
    words.append(make("span", `shares ${desk.shared}`, "quiet"));
    const at = desk.at_work && listed.find(one => one.display === desk.display);
    if (at) {
      const look = make("button", "Look at its run");
      look.type = "button";
      look.addEventListener("click", () => { run = at.run; begin(); });
      const ways = make("div", undefined, "answers");
      ways.append(look); words.append(ways);
    }
    return item;
  }

  document.addEventListener("keydown", event => {
    if (!isListed() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const letter = event.key.toLowerCase(), items = [...$("entries").children], here = document.activeElement.closest("#entries li");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = items[within(items.indexOf(here) + (event.key === "ArrowDown" ? 1 : -1), items.length - 1)];
      if (next && (here || event.key === "ArrowDown")) { event.preventDefault(); beCalm(); (next.querySelector(".answers button") || next.querySelector("button") || document.body).focus(); }
      return;
    }
    if (letter.length !== 1 || (!$("letters").checked && event.key !== "?")) return;
    if (letter === "?") { event.preventDefault(); showKeys(); }
    else if (letter === "d" && !here) nextShade();
    else if (here && !isCalm()) beCalm();
    else if (here) {
      const said = letter === "p" ? here.querySelector(".shot") : [...here.querySelectorAll(".answers button")].find(one => one.getAttribute("aria-keyshortcuts") === letter);
      if (said) { event.preventDefault(); said.click(); }
    }
  });
  window.addEventListener("focus", beCalm);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beCalm(); });

  async function follow() {
    const followed = run;
    let tries = 0;
    while (run === followed && !finished) {
      try {
        const response = await ask(`/run/${encodeURIComponent(followed)}/events`);
        if (!response.ok) {
          const why = await whyNot(response);
          if (response.status === 403 || response.status === 404) { lost(sentence(why), "bad"); return; }
          throw new Error(why);
        }
        tries = 0;
        await readEvents(response.body.getReader(), followed);
      } catch { /* it is said below */ }
      if (run !== followed) return;
      connected = false;
      if (finished || (view && view.over)) { left(); return; }
      lost("The connection to the page's server is lost; trying again. The run goes on, and asks whoever holds the yes.");
      await new Promise(done => setTimeout(done, Math.min(5000, 500 * 2 ** tries++)));
    }
  }
  function lost(words, kind) { connected = false; banner(words, kind); render(); }
  function left() {
    finished = true;
    const end = view && view.over ? `The run is over: ${view.result}. ` : "";
    banner(`${end}The page's server has ended; nothing more comes.`, view && view.result === "done" ? "good" : "");
    render();
  }
  async function readEvents(reader, followed) {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (run !== followed) { reader.cancel(); return; }
      rest += decoder.decode(value, { stream: true });
      for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
        const [kind, said] = rest.slice(0, end).split("\n");
        if (said) hear(kind.slice("event: ".length), JSON.parse(said.slice("data: ".length)));
      }
    }
  }
  function hear(kind, said) {
    if (kind === "hello") {
      page = said; connected = true; banner("");
      for (const [digest, kept] of pictures) if (kept === "missing") pictures.delete(digest);
    }
    else if (kind === "run") take(said);
    else if (kind === "key") keyElsewhere(said);
    else if (kind === "bye") left();
  }

  /* ---- what the run is at ---- */

  function take(told) {
    const before = view;
    view = told;
    heardAt = clock();
    const asked = view.question;
    if (asked && (!mine || mine.id !== asked.id)) {
      mine = { id: asked.id, points: asked.places.map(place => place.point), chosen: 0, sent: false };
      looked = null; lookedStep = null; scale = 0;
      closePrompt();
      beQuiet();
      announce(`${view.step ? view.step.lines.map(line => line.map(part => part.text).join("")).slice(0, 3).join(", ") : "The agent asks"}. ${asked.in_words}`);
    } else if (!asked && mine) {
      mine = null;
      closePrompt();
    }
    if (view.over && !(before && before.over)) announce(`The run is over: ${view.result}. ${view.plight}`);
    render();
  }
  const isOpen = () => Boolean(mine && view && view.question && view.question.id === mine.id && !mine.sent);
  const isQuiet = () => clock() < quietUntil;
  const holds = () => mayAnswer && connected && view && view.holder.is_page;
  function beQuiet() {
    quietUntil = clock() + QUIET_MS;
    allUntil = 0;
    waitForQuiet();
  }
  function waitForQuiet() {
    clearTimeout(quietTimer);
    quietTimer = setTimeout(() => { if (isQuiet()) waitForQuiet(); else { render(); focusReply(); } }, Math.max(0, quietUntil - clock()) + 5);
  }
  function focusReply() {
    const typing = document.querySelector("dialog[open]") || document.activeElement.matches("input");
    if (isOpen() && canAnswer("reply") && !typing) $("reply-text").focus();
  }
  const pictureIsThere = () => !view.screen || pictures.get(view.screen.digest) !== undefined && !(pictures.get(view.screen.digest) instanceof Promise);
  function offers(what) { return isOpen() && holds() && !view.taken_over && view.question.offers.includes(what); }
  function canAnswer(what) {
    if (!offers(what) || looked !== null) return false;
    return what === "reject" || (!isQuiet() && pictureIsThere());
  }
  function canSteer(what) {
    if (!view || view.over || !mayAnswer || !connected) return false;
    if (what === "stop") return true;
    if (what === "pause" && !view.paused) return !view.taken_over && !isOpen();
    if (!holds()) return false;
    if (what === "one_step") return view.paused && !view.taken_over;
    if (what === "pause") return !view.taken_over && !isOpen();
    return true;
  }

  async function answer(said) {
    if (!isOpen()) return;
    const asked = mine;
    asked.sent = true;
    const sending = send({ do: "answer", question: asked.id, answer: said });
    setTimeout(render, 0);      // the answer comes first
    const done = await sending;
    if (done === null && mine === asked) { asked.sent = false; beQuiet(); render(); }
  }
  const moved = () => {
    const places = view.question.places;
    return mine.points.some((point, at) => point.x !== places[at].point.x || point.y !== places[at].point.y) ? mine.points : [];
  };

  const DO = {
    approve() { answer({ say: "yes", points: moved() }); },
    approve_all() {
      if (clock() < allUntil) answer({ say: "yes_to_all", points: moved() });
      else { allUntil = clock() + AGAIN_MS; setTimeout(render, AGAIN_MS + 10); }
      render();
    },
    reject() {
      const id = mine.id;
      prompt("Why not?", view.question.no_hint, "", reason => { if (isOpen() && mine.id === id) answer({ say: "no", reason }); }, id);
    },
    edit() {
      const { id, chosen } = mine, place = Math.min(chosen, view.question.words.length - 1);
      prompt(view.question.rewording, "it is located again, and asked about", view.question.words[place],
        words => { if (isOpen() && mine.id === id) answer({ say: "other_words", words, place: chosen }); }, id);
    },
    zoom() { answer({ say: "closer", points: moved() }); },
    skip() { answer({ say: "leave_out" }); },
    next_place() { mine.chosen = (mine.chosen + 1) % mine.points.length; render(); announce(`Place ${mine.chosen + 1} of ${mine.points.length}`); },
    take_over() { steer(view.taken_over ? "hand_back" : "take_over"); },
    pause() { steer(view.paused ? "resume" : "pause"); },
    one_step() { steer("one_step"); },
    tell() { prompt("Tell the agent", "it enters the next decision", "", async text => { if (text.trim() && await steer("say", text.trim())) toast(`Said: ${text.trim()}`); }); },
    async stop() { if (await steer("stop")) toast("Stop is said: nothing more is sent"); },
    hold() {
      if (view.holder.is_page) { if (view.holder.wanted_id) hold("hand_over", view.holder.wanted_id); else hold("release"); }
      else hold("take");
    },
  };
  const ANSWERS = [
    ["y", "approve", "Yes", "yes"], ["n", "reject", "No…", ""], ["a", "approve_all", "All of its kind", ""],
    ["e", "edit", "Other words…", ""], ["z", "zoom", "Look closer", ""], ["s", "skip", "Skip", ""], ["p", "next_place", "Next place", ""],
  ];
  const STEERING = [
    ["space", "pause", () => view.paused ? "Go on" : "Pause"], [".", "one_step", () => "One step"], ["m", "tell", () => "Tell…"],
    ["t", "take_over", () => view.taken_over ? "Hand back" : "Take over"], ["Esc", "stop", () => "Stop"],
  ];
  const KEYS = [
    ["y", "do it, where the crosshair is"], ["n", "don't, and say why"], ["a a", "twice: do it and all of its kind unasked, risky ones aside"],
    ["e", "other words for target, text or keys; located again"], ["z", "locate it again, closer"], ["s", "leave this step out and go on"],
    ["1–9", "do it at the guess of this number, where the agent is not sure"], ["arrows", "move the point a pixel, with Shift 10; or click the picture"],
    ["p", "move the next of several places"], ["t", "you work, the agent waits; again: hand it back"], ["space", "wait after what it is at; again: go on"],
    [".", "one step, then pause again"], ["m", "tell the agent something for its next decision"], ["h", "take the yes, hand it over, or give it back"],
    ["Esc", "stop for good: nothing more is sent"], ["↑ ↓", "in the steps: look at an earlier one"], ["l", "back from the steps to what happens"],
    ["b", "the screen before a step, or after it"], ["+ - 0", "picture larger, smaller, all of it"], ["d", "light or dark"], ["?", "this list"],
  ];

  const LIST_KEYS = [
    ["↑ ↓", "from entry to entry"], ["c", "play the row again"], ["s", "leave the row out"], ["d", "the row is done; or take note of the question"],
    ["t", "what the replay had to heal, and how to record the step again"], ["x", "stop the play of the script"], ["o", "open the run that asks"], ["p", "the picture, larger"],
    ["?", "this list"],
  ];

  /* ---- lines to fill in ---- */

  let use = null, usedFor = "";
  /* A line `about` a question is used only while that is the one that is open. */
  function prompt(title, hint, value, then, about = "") {
    use = then;
    usedFor = about;
    say($("prompt-title"), title);
    say($("prompt-hint"), hint);
    $("prompt-text").value = value;
    $("prompt").returnValue = "";
    $("prompt").showModal();
    $("prompt-text").focus();
    $("prompt-text").select();
  }
  function closePrompt() { if (usedFor && usedFor !== (mine && mine.id) && $("prompt").open) { use = null; $("prompt").close(""); } }
  $("prompt").addEventListener("close", () => {
    const then = use, text = $("prompt-text").value;
    use = null;
    if (isOpen()) beQuiet();      // the hands may not know yet that the line is over
    if (then && $("prompt").returnValue === "send") then(text);
    render();
  });
  $("prompt-leave").addEventListener("click", () => $("prompt").close(""));
  $("reply").addEventListener("submit", event => {
    event.preventDefault();
    const text = $("reply-text").value;
    if (canAnswer("reply") && text) { answer({ say: "reply", text }); $("reply-text").value = ""; }
  });
  $("keys-leave").addEventListener("click", () => $("keys").close());

  /* ---- keys ---- */

  function act(what) {
    if (what !== "approve_all") allUntil = 0;
    const isAnswer = ANSWERS.some(([, name]) => name === what);
    if (isAnswer ? canAnswer(what) : canSteer(what)) DO[what]();
  }
  function pick(number) {
    if (canAnswer("pick") && number <= view.question.guesses.length) answer({ say: "guess", number });
  }
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || ["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) return;
    if (document.querySelector("dialog[open]") || !view) return;
    const inText = event.target.matches("input[type=text]"), onButton = event.target.matches("button") && (event.key === " " || event.key === "Enter");
    if (inText) { if (event.key === "Escape") { event.preventDefault(); event.target.blur(); } return; }
    if (event.key === "Escape") { event.preventDefault(); act("stop"); return; }
    const wasQuiet = isQuiet() && isOpen();
    if (wasQuiet) { beQuiet(); }
    if (onButton) { if (wasQuiet) event.preventDefault(); return; }
    if (event.target.closest("#log") && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); goInLog(event.key === "ArrowUp" ? -1 : 1); return; }
    if (ARROWS[event.key]) {
      if (offers("push") && looked === null) { event.preventDefault(); push(...ARROWS[event.key].map(by => by * (event.shiftKey ? 10 : 1))); }
      return;
    }
    if (event.key.length !== 1 || (!$("letters").checked && event.key !== "?")) return;
    const letter = event.key.toLowerCase();
    if (letter !== "a") allUntil = 0;
    const steering = { " ": "pause", ".": "one_step", m: "tell", t: "take_over" }[letter];
    const said = ANSWERS.find(([name]) => name === letter);
    if (steering) { event.preventDefault(); act(steering); }
    else if (said) { event.preventDefault(); act(said[1]); }
    else if (/^[1-9]$/.test(letter) && isOpen()) pick(Number(letter));
    else if (letter === "l") lookAt(null);
    else if (letter === "b") flip();
    else if (letter === "d") nextShade();
    else if (letter === "h") { if (mayAnswer && !view.over) DO.hold(); }
    else if (letter === "?") { event.preventDefault(); showKeys(); }
    else if ("+-0".includes(letter)) zoomBy({ "+": 1.5, "-": 1 / 1.5, 0: 0 }[letter]);
    else if (isOpen()) { beQuiet(); render(); }      // it was meant for something else
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && isOpen()) { beQuiet(); render(); } });
  window.addEventListener("focus", () => { if (isOpen()) { beQuiet(); render(); } });

  /* The answer keys were pressed somewhere on the desktop: answer as the keys here would. */
  function keyElsewhere(told) {
    if (!isOpen() || told.question !== mine.id || document.querySelector("dialog[open]") || document.activeElement.matches("input")) return;
    if (told.said === "yes" && canAnswer("approve")) DO.approve();
    if (told.said === "no" && canAnswer("reject")) answer({ say: "no", reason: "" });
  }

  /* ---- the point ---- */

  const size = () => ({ width: view.screen.width, height: view.screen.height });
  const pixelOf = (point, { width, height }) => ({ x: Math.min(Math.floor(point.x * width), width - 1), y: Math.min(Math.floor(point.y * height), height - 1) });
  const pointOf = (pixel, { width, height }) => ({ x: (pixel.x + .5) / width, y: (pixel.y + .5) / height });
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  function push(x, y) {
    const pixel = pixelOf(mine.points[mine.chosen], size());
    moveTo(pointOf({ x: within(pixel.x + x, size().width - 1), y: within(pixel.y + y, size().height - 1) }, size()));
  }
  function moveTo(point) {
    mine.points = mine.points.map((old, at) => at === mine.chosen ? point : old);
    render();
    const pixel = pixelOf(point, size());
    $("screen").setAttribute("aria-label", `Point at ${pixel.x}, ${pixel.y}`);
  }

  /* ---- pictures ---- */

  function picture(shown) {
    if (!shown) return null;
    const kept = pictures.get(shown.digest);
    if (kept !== undefined) return kept instanceof Promise ? null : kept;
    pictures.set(shown.digest, fetchPicture(shown.digest));
    while (pictures.size > KEPT_PICTURES) pictures.delete(pictures.keys().next().value);
    return null;
  }
  async function fetchPicture(digest) {
    let got = "missing";
    try {
      const response = await ask(`/run/${encodeURIComponent(run)}/picture/${digest}`);
      if (response.ok) got = await createImageBitmap(await response.blob());
    } catch { /* it is shown as missing */ }
    pictures.set(digest, got);
    if (isOpen() && view.screen && view.screen.digest === digest) beQuiet();      // a person sees now what they are asked about
    render();
  }
  function shownPicture() {
    if (looked === null) {
      const asked = isOpen() ? view.question : null;
      const marks = asked ? asked.places.map((place, at) => ({ ...place, point: mine.points[at], box: moved().length && mine.points[at] !== place.point ? null : place.box })) : view.marks;
      return { shown: view.screen, marks, chosen: asked ? mine.chosen : 0, guesses: asked ? asked.guesses : [] };
    }
    const step = lookedStep;
    if (!step) return { shown: null, marks: [], chosen: 0, guesses: [] };
    return showsAfter && step.after ? { shown: step.after, marks: [], chosen: 0, guesses: [] } : { shown: step.before, marks: step.marks, chosen: 0, guesses: [] };
  }
  const paints = {};
  function paint(canvas, image, part, wide, high, { marks, chosen, guesses }) {
    const dense = window.devicePixelRatio || 1, thick = dense * rem() / 15;
    canvas.style.height = `${high}px`;
    canvas.style.width = `${wide}px`;
    const width = Math.round(wide * dense), height = Math.round(high * dense);
    const styles = getComputedStyle(document.documentElement);
    const colour = styles.getPropertyValue("--mark").trim();
    const written = JSON.stringify([image.screenagentDigest, part, width, height, marks, chosen, guesses, colour]);
    paints[canvas.id] = part;
    if (canvas.dataset.painted === written) return;
    canvas.dataset.painted = written;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const pen = canvas.getContext("2d"), by = width / part.width;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.imageSmoothingEnabled = by < 2;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, part.x, part.y, part.width, part.height, 0, 0, width, height);
    const place = point => ({ x: (point.x * image.width - part.x) * by, y: (point.y * image.height - part.y) * by });
    const stroke = (path, inner) => {
      pen.lineJoin = "round";
      for (const [tone, wider] of [["#fff", 4.5], [inner, 2.2]]) { pen.strokeStyle = tone; pen.lineWidth = wider * thick; pen.beginPath(); path(); pen.stroke(); }
    };
    const frame = (box, tone) => {
      const from = place({ x: box.left, y: box.top }), to = place({ x: box.right, y: box.bottom }), out = 3 * thick;
      stroke(() => pen.roundRect(from.x - out, from.y - out, to.x - from.x + 2 * out, to.y - from.y + 2 * out, 4 * thick), tone);
    };
    guesses.forEach((guess, at) => {
      if (guess.box) frame(guess.box, "#2484ff");
      const corner = place(guess.box ? { x: guess.box.left, y: guess.box.top } : guess.point);
      pen.font = `700 ${15 * thick}px system-ui, sans-serif`;
      pen.lineWidth = 4 * thick; pen.strokeStyle = "#fff"; pen.fillStyle = colour; pen.textAlign = "right"; pen.textBaseline = "bottom";
      pen.strokeText(String(at + 1), corner.x - 2 * dense, corner.y); pen.fillText(String(at + 1), corner.x - 2 * dense, corner.y);
    });
    marks.forEach((mark, at) => {
      const tone = at === chosen ? colour : "#2484ff";
      if (mark.box) frame(mark.box, tone);
      const spot = place(mark.point), gap = 7 * thick, reach = 19 * thick;
      stroke(() => {
        for (const [x, y] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { pen.moveTo(spot.x + x * gap, spot.y + y * gap); pen.lineTo(spot.x + x * reach, spot.y + y * reach); }
      }, tone);
    });
  }
  function paintAll() {
    const told = shownPicture(), image = picture(told.shown), there = image && image !== "missing";
    show($("no-picture"), !there);
    say($("no-picture"), !told.shown ? "No picture yet" : image === "missing" ? "The picture was not kept" : "The picture is on its way");
    $("screen").style.visibility = there ? "visible" : "hidden";
    const canPush = there && looked === null && offers("push"), target = there ? told.marks[told.chosen] : null;
    $("screen").classList.toggle("points", Boolean(canPush));
    $("screen").classList.toggle("pans", Boolean(there && scale && !canPush));
    $("closer").classList.toggle("points", Boolean(canPush));
    show($("close"), Boolean(target));
    if (!there) return;
    image.screenagentDigest = told.shown.digest;
    const frame = $("screen").parentElement.clientWidth, room = roomForPictures(Boolean(target));
    const high = Math.round(Math.min(frame * image.height / image.width, Math.max(room.whole, 170)));
    const wide = scale ? frame : Math.min(frame, Math.round(high * image.width / image.height));
    paint($("screen"), image, wholePart(image, wide, high), wide, high, told);
    const label = target ? `Screen with the target at ${Object.values(pixelOf(target.point, image)).join(", ")}` : "Screen";
    $("screen").setAttribute("aria-label", canPush ? `${label}. Arrow keys move the point` : label);
    if (target) paintClose(image, target, told, room.close);
  }
  function roomForPictures(isTwo) {
    if (window.innerWidth < 900) return { whole: window.innerHeight * .55, close: Math.min(190, window.innerHeight * .24) };
    const unit = rem(), frame = 4 * unit;
    const left = window.innerHeight - $("run").offsetTop - $("steering").offsetHeight - 1.6 * unit;
    const close = Math.min(Math.max(.27 * left, 7 * unit), 20 * unit);
    return { close, whole: left - frame - (isTwo ? close + frame + unit : 0) };
  }
  function wholePart(image, wide, high) {
    const shape = wide / high;
    if (!scale) {
      const height = Math.max(image.height, image.width / shape), width = height * shape;
      return { x: (image.width - width) / 2, y: (image.height - height) / 2, width, height };
    }
    const width = wide / scale, height = width / shape;
    const at = (centred, most, shownPart) => shownPart >= most ? (most - shownPart) / 2 : within(centred * most - shownPart / 2, most - shownPart);
    return { x: at(centre.x, image.width, width), y: at(centre.y, image.height, height), width, height };
  }
  function paintClose(image, target, told, most) {
    const wide = $("closer").parentElement.clientWidth, high = Math.round(Math.min(wide * .42, most));
    const boxWidth = target.box ? (target.box.right - target.box.left) * image.width * 1.5 : 0;
    const width = Math.min(image.width, Math.max(wide / closeScale(), boxWidth)), height = width * high / wide;
    const at = (middle, most, part) => part >= most ? (most - part) / 2 : within(middle - part / 2, most - part);
    const part = { x: Math.round(at(target.point.x * image.width, image.width, width)), y: Math.round(at(target.point.y * image.height, image.height, height)), width, height };
    paint($("closer"), image, part, wide, high, { ...told, guesses: told.guesses });
    const pixel = pixelOf(target.point, image);
    say($("close-note"), `at (${pixel.x}, ${pixel.y})${told.marks.length > 1 ? `, place ${told.chosen + 1} of ${told.marks.length}` : ""}`);
  }
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const closeScale = () => (window.innerWidth < 900 ? 1.5 : 2) * rem() / 15;
  function pointAt(canvas, event) {
    const part = paints[canvas.id], box = canvas.getBoundingClientRect();
    if (!part || !view.screen) return null;
    const pixel = { x: Math.floor(part.x + (event.clientX - box.left) / box.width * part.width), y: Math.floor(part.y + (event.clientY - box.top) / box.height * part.height) };
    return pixel.x >= 0 && pixel.y >= 0 && pixel.x < size().width && pixel.y < size().height ? pointOf(pixel, size()) : null;
  }
  for (const canvas of [$("screen"), $("closer")]) {
    let from = null;
    canvas.addEventListener("pointerdown", event => { if (event.button === 0) from = { x: event.clientX, y: event.clientY, centre: { ...centre }, panned: false }; });
    canvas.addEventListener("pointermove", event => {
      if (!from || !(event.buttons & 1) || canvas.id !== "screen" || !scale) return;
      const part = paints.screen, box = canvas.getBoundingClientRect(), shown = shownPicture().shown;
      const across = event.clientX - from.x, down = event.clientY - from.y;
      if (!from.panned && Math.hypot(across, down) < 6) return;
      from.panned = true;
      centre = { x: within(from.centre.x - across / box.width * part.width / shown.width, 1), y: within(from.centre.y - down / box.height * part.height / shown.height, 1) };
      paintAll();
    });
    canvas.addEventListener("click", event => {
      const was = from;
      from = null;
      if (was && was.panned) return;
      const point = looked === null && offers("push") && view.screen ? pointAt(canvas, event) : null;
      if (point) { canvas.focus(); moveTo(point); }
    });
  }
  function zoomBy(by) {
    if (!view || !view.screen) return;
    const { shown, marks, chosen } = shownPicture();
    if (!shown) return;
    const fitted = $("screen").clientWidth / Math.max(shown.width, 1);
    if (!by) scale = 0;
    else {
      if (!scale) { const mark = marks[chosen]; centre = mark ? { ...mark.point } : { x: .5, y: .5 }; }
      scale = (scale || fitted) * by;
      if (scale <= fitted * 1.01) scale = 0;
      scale = Math.min(scale, 8);
    }
    render();
  }
  $("larger").addEventListener("click", () => zoomBy(1.5));
  $("smaller").addEventListener("click", () => zoomBy(1 / 1.5));
  $("fit").addEventListener("click", () => zoomBy(0));
  new ResizeObserver(() => { if (view) paintAll(); }).observe($("whole"));

  /* ---- the log ---- */

  async function lookAt(number) {
    const latest = view ? view.rows.filter(row => row.begun).length : 0;
    if (number !== null && (number < 1 || number > latest)) return;
    looked = number === latest && !view.over ? null : number;
    lookedStep = null;
    showsAfter = false;
    scale = 0;
    if (looked !== null) {
      const wanted = looked;
      try {
        const response = await ask(`/run/${encodeURIComponent(run)}/step/${wanted}`);
        if (!response.ok) toast(await whyNot(response));
        else if (looked === wanted) lookedStep = await response.json();
      } catch { toast("The page's server does not answer"); }
      if (looked === wanted && !lookedStep) looked = null;
    } else if (isOpen()) beQuiet();
    render();
  }
  function goInLog(by) {
    const latest = view.rows.filter(row => row.begun).length, next = within((looked ?? latest) + by - 1, latest - 1) + 1;
    lookAt(next).then(() => { const row = document.querySelector(`#rows [data-number="${next}"]`); if (row) { row.focus(); } });
  }
  function flip() { if (looked !== null && lookedStep && lookedStep.after) { showsAfter = !showsAfter; render(); } }
  $("side-before").addEventListener("click", () => { if (showsAfter) flip(); });
  $("side-after").addEventListener("click", () => { if (!showsAfter) flip(); });
  $("follow").addEventListener("click", () => lookAt(null));

  function showRows() {
    const current = looked ?? view.rows.filter(row => row.begun).length;
    const focused = document.activeElement && document.activeElement.dataset.number;
    const rebuilt = fill($("rows"), [view.rows, current], () => view.rows.map(row => {
      const item = make("li"), line = make(row.begun ? "button" : "div");
      if (row.begun) { line.type = "button"; line.dataset.number = row.number; line.addEventListener("click", () => lookAt(row.number)); }
      else line.className = "planned";
      const sign = make("span", row.sign.text, `t-${row.sign.tone}`);
      sign.setAttribute("aria-hidden", "true");
      line.append(make("span", String(row.number), "number"), sign, make("span", row.title), make("span", row.took, "took"));
      line.append(make("span", `, ${row.status}`, "unseen"));
      if (row.number === current && row.begun) line.setAttribute("aria-current", "step");
      item.append(line);
      return item;
    }));
    if (!rebuilt) return;
    const row = focused && document.querySelector(`#rows [data-number="${Number(focused)}"]`);
    if (row) row.focus({ preventScroll: true });
    const now = document.querySelector("#rows [aria-current]");
    if (now && looked === null) $("log").scrollTop = Math.max(0, now.offsetTop - $("log").offsetTop - $("log").clientHeight / 2);
  }

  /* ---- everything ---- */

  function button(name, words, what, kind) {
    const made = make("button", words, kind);
    made.type = "button";
    made.dataset.what = what;
    made.append(make("kbd", name === "space" ? "␣" : name));
    made.setAttribute("aria-keyshortcuts", { space: "Space", Esc: "Escape" }[name] || name);
    made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") act(what); });
    return made;
  }
  function enable(group, can) {
    for (const made of group.querySelectorAll("button[data-what]")) {
      const is = String(!can(made.dataset.what));
      if (made.getAttribute("aria-disabled") !== is) made.setAttribute("aria-disabled", is);
    }
  }
  function render() {
    if (!view) return;
    show($("run"), true); show($("list"), false); show($("steering"), !view.over);
    showHead();
    showQuestion();
    showStep();
    showRows();
    showSteering();
    paintAll();
  }
  function seconds() { return view.seconds + (view.ticks && connected ? (clock() - heardAt) / 1000 : 0); }
  function showHead() {
    say($("task"), view.task);
    for (const element of [$("task"), $("ask-words"), $("thought")]) reachable(element);
    const title = `${isOpen() ? "asks you" : view.state.text} · ${view.task}`.slice(0, 200);
    if (document.title !== title) document.title = title;
    say($("state"), view.state.text);
    const names = `state t-${view.state.tone}`;
    if ($("state").className !== names) $("state").className = names;
    showFacts();
    if (view.over && !finished && connected) {
      const kept = view.folder ? ` It is kept in ${view.folder}.` : "";
      banner(`The run is over: ${view.result}.${view.plight ? ` ${sentence(view.plight)}` : ""}${kept}`, view.result === "done" ? "good" : view.result === "stopped" ? "" : "bad");
    }
  }
  function showFacts() { say($("facts"), [view.where, view.steps, `${seconds().toFixed(1)} s`, view.tokens, view.unseen, view.desktop].filter(Boolean).join(" · ")); }
  function showQuestion() {
    const asked = view.question && mine && view.question.id === mine.id ? view.question : null, is = asked && looked === null && !view.taken_over;
    show($("asking"), is);
    show($("acting"), !is);
    if (!is) return;
    say($("asking-title"), asked.in_words ? "The agent asks" : holds() ? "Shall it do this?" : "It asks whether to do this");
    lines($("ask-lines"), asked.in_words ? [] : asked.lines);
    say($("ask-words"), asked.in_words); show($("ask-words"), asked.in_words);
    const changed = moved().length ? mine.points[mine.chosen] : null, from = asked.places[mine.chosen];
    if (changed && view.screen) {
      const here = pixelOf(changed, size()), there = pixelOf(from.point, size());
      say($("ask-moved"), `at (${here.x}, ${here.y}), moved from (${there.x}, ${there.y})`);
    }
    show($("ask-moved"), changed);
    fill($("ask-notes"), asked.notes, () => asked.notes.map(note => make("p", note)));
    fill($("guesses"), asked.guesses, () => asked.guesses.map((guess, at) => {
      const made = make("button", guess.words);
      made.type = "button"; made.dataset.what = "pick";
      made.addEventListener("click", () => pick(at + 1));
      return made;
    }));
    show($("guesses"), asked.guesses.length);
    const may = mayAnswer && view.holder.is_page;
    show($("reply"), may && asked.offers.includes("reply"));
    $("reply-text").readOnly = !canAnswer("reply");
    const kinds = may ? ANSWERS.filter(([, what]) => asked.offers.includes(what)) : [];
    fill($("answers"), kinds, () => kinds.map(([name, what, words, kind]) => button(name, words, what, kind)));
    enable($("asking"), canAnswer);
    showAskHint(asked, may);
    showAskTime();
  }
  function showAskHint(asked, may) {
    const where = asked.anywhere && may && !asked.in_words ? `anywhere on the desktop: ${asked.anywhere}` : "";
    const hint = !mayAnswer ? "This page only watches." : !view.holder.is_page ? `${view.holder.name || "Nobody"} holds the yes${view.holder.name ? "" : ": no answer is a no"}.`
      : clock() < allUntil ? "a again: all of this kind unasked from here on" : where;
    say($("ask-hint"), hint);
    const again = $("answers").querySelector("[data-what=approve_all]");
    if (again) again.classList.toggle("on", clock() < allUntil);
  }
  function showAskTime() {
    const asked = view.question;
    if (!asked || asked.seconds === null) { say($("ask-time"), ""); return; }
    const left = Math.max(0, asked.seconds - (clock() - heardAt) / 1000);
    say($("ask-time"), view.paused ? "" : `${Math.ceil(left)} s, then it is a no`);
  }
  function showStep() {
    const step = looked === null ? view.step : lookedStep;
    say($("acting-title"), looked === null ? "Action" : `Step ${looked}`);
    show($("follow"), looked !== null);
    lines($("lines"), step ? step.lines : []);
    const plight = looked === null ? view.plight : "", told = step && step.lines.some(line => line.some(part => part.text === plight));
    say($("plight"), plight); show($("plight"), plight && !told);
    const way = view.taken_over ? view.way_in || "The desktop is yours; hand it back when you are done." : "";
    say($("way-in"), way); show($("way-in"), way);
    const thought = step ? step.thought : "";
    show($("thinking"), thought);
    if ($("thought").textContent !== thought) { say($("thought"), thought); if (looked === null) $("thought").scrollTop = $("thought").scrollHeight; }
    say($("costs"), looked === null ? view.costs : step ? step.costs : "");
    say($("steps"), view.steps);
    say($("seen-title"), looked === null ? "Screen" : `Screen ${showsAfter ? "after" : "before"} step ${looked}`);
    show($("sides"), looked !== null && step && step.after);
    $("side-before").setAttribute("aria-pressed", String(!showsAfter));
    $("side-after").setAttribute("aria-pressed", String(showsAfter));
    const shown = shownPicture().shown;
    say($("seen-note"), shown ? `${shown.width} × ${shown.height}${scale ? ` · ${Math.round(scale * 100)}%` : ""}` : "");
  }
  function showSteering() {
    if (view.over) return;
    const shown = mayAnswer ? STEERING.map(([name, what, words]) => [name, what, words()]) : [];
    const focused = document.activeElement && $("steer").contains(document.activeElement) ? document.activeElement.dataset.what : "";
    if (fill($("steer"), shown, () => shown.map(([name, what, words]) => button(name, words, what, what === "stop" ? "stop" : ""))) && focused)
      $("steer").querySelector(`[data-what=${focused}]`).focus();
    enable($("steer"), canSteer);
    showHolding();
  }
  function showHolding() {
    const { is_page, name, wanted, wanted_by_page } = view.holder;
    fill($("holding"), [mayAnswer, is_page, name, wanted, wanted_by_page], () => {
      const act = (words, then, kind) => { const made = make("button", words, kind); made.type = "button"; made.addEventListener("click", then); return made; };
      if (!mayAnswer) return [make("span", `This page only watches.${name ? ` ${name} holds the yes.` : ""}`)];
      if (is_page && wanted) return [make("span", `${wanted} asks for the yes`, "wanted"), act("Hand it over", () => hold("hand_over", view.holder.wanted_id), "on"), act("Keep it", () => hold("refuse"))];
      if (is_page) return [make("span", "You hold the yes"), act("Give it back", () => hold("release"))];
      if (wanted_by_page) return [make("span", `Asked ${name || "for the yes"}; it is yours in some seconds unless they keep it`, "wanted")];
      return [make("span", name ? `${name} holds the yes` : "Nobody holds the yes"), act(name ? "Ask for it" : "Take it", () => hold("take"), "on")];
    });
  }
  setInterval(() => { if (view && connected) { showFacts(); showAskTime(); } }, 500);

  /* ---- light and dark, keys, the list ---- */

  const dark = matchMedia("(prefers-color-scheme: dark)");
  let shade = localStorage.getItem("shade") || "auto";
  function applyShade() {
    document.documentElement.dataset.shade = shade === "auto" ? (dark.matches ? "dark" : "light") : shade;
    say($("shade-name"), shade);
    if (view) paintAll();
  }
  function nextShade() {
    const opposite = dark.matches ? "light" : "dark";
    shade = shade === "auto" ? opposite : shade === opposite ? (dark.matches ? "dark" : "light") : "auto";
    localStorage.setItem("shade", shade);
    applyShade();
  }
  dark.addEventListener("change", applyShade);
  $("shade").addEventListener("click", nextShade);
  function showKeys() {
    const keys = isListed() ? LIST_KEYS : KEYS;
    fill($("key-list"), keys, () => keys.flatMap(([name, what]) => { const term = make("dt"); term.append(make("kbd", name)); return [term, make("dd", what)]; }));
    $("keys").showModal();
  }
  $("keys").addEventListener("close", () => { if (isOpen()) { beQuiet(); render(); } });
  $("show-keys").addEventListener("click", showKeys);
  $("to-runs").addEventListener("click", () => { run = null; view = null; mine = null; finished = false; waits = []; banner(""); show($("to-runs"), false); begin(); });

  applyShade();
  enter();
})();

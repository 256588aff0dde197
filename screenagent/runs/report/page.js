"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const cards = all(".card");
const thumbs = all(".strip a");

// Each picture stands in the page once; whoever else shows it takes it from there.
const pictures = new Map(all("img[data-shot][src]").map((image) => [image.dataset.shot, image.src]));
for (const image of all("img[data-shot]:not([src])")) image.src = pictures.get(image.dataset.shot);

let current = -1;
let steered = -Infinity;

function choose(index) {
  if (index === current || !cards[index]) return;
  for (const list of [cards, thumbs]) {
    list[current]?.classList.remove("current");
    list[index].classList.add("current");
  }
  current = index;
  const strip = thumbs[index].closest("ol");
  const middle = thumbs[index].parentElement.offsetLeft - strip.offsetLeft - (strip.clientWidth - thumbs[index].clientWidth) / 2;
  strip.scrollTo({ left: middle });
}

function goTo(index) {
  if (!cards.length) return;
  choose(Math.max(0, Math.min(cards.length - 1, index)));
  steered = performance.now();
  cards[current].scrollIntoView();
  cards[current].focus({ preventScroll: true });
}

function show(card, side) {
  if (!card.querySelector(".screen.after")) return;
  card.dataset.show = side;
  for (const button of all(".sides button", card)) button.setAttribute("aria-pressed", button.dataset.do === side);
}

function chooseByPosition() {
  // The end of the page cannot be scrolled to the top: there, what was chosen by key stays chosen.
  if (performance.now() - steered < 400) return;
  const line = innerHeight * 0.35;
  choose(Math.max(0, cards.findLastIndex((card) => card.getBoundingClientRect().top < line)));
}

const player = {
  dialog: document.querySelector(".player"),
  at: 0,
  timer: 0,
  frames: [],

  // Before each step, and after it where the next one does not begin with that same screen.
  prepare() {
    const shot = (screen) => screen?.querySelector("img")?.dataset.shot;
    this.frames = cards.flatMap((card, index) => {
      const [before, after] = [card.querySelector(".screen.before"), card.querySelector(".screen.after")];
      const next = cards[index + 1]?.querySelector(".screen.before");
      const frames = [{ index, screen: before, side: "before" }];
      if (after && (!next || shot(after) !== shot(next))) frames.push({ index, screen: after, side: "after" });
      return frames;
    });
    this.stage = this.dialog.querySelector(".stage");
    this.slider = this.dialog.querySelector("input");
    this.speed = this.dialog.querySelector("select");
    this.slider.max = this.frames.length - 1;
    this.stage.innerHTML = '<svg class="cursor" viewBox="0 0 22 32"><path d="M2 2v24l6-6 4 10 4-2-4-9h8z"/></svg>';
  },

  open() {
    if (!this.frames.length) this.prepare();
    this.dialog.showModal();
    this.see(Math.max(0, this.frames.findIndex((frame) => frame.index === current)));
    this.play();
  },

  see(at) {
    this.at = Math.max(0, Math.min(this.frames.length - 1, at));
    const { index, screen, side } = this.frames[this.at];
    const copy = screen.cloneNode(true);
    copy.style.visibility = "visible";
    this.stage.style.setProperty("--ratio", screen.style.aspectRatio.replace(/\s/g, "") || "16/9");
    this.stage.querySelector(".screen")?.remove();
    this.stage.prepend(copy);
    const aim = all(".aim", copy).at(-1);
    if (aim) {
      const { left, top } = aim.style;
      Object.assign(this.stage.querySelector(".cursor").style, { left, top });
    }
    this.slider.value = this.at;
    this.dialog.querySelector(".caption b").textContent = `${index + 1} / ${cards.length}`;
    this.dialog.querySelector(".caption span").textContent =
      side === "before" ? cards[index].dataset.title : `${cards[index].dataset.title}: ${cards[index].dataset.status}`;
    this.dialog.dataset.at = this.at;
  },

  play() {
    if (this.at === this.frames.length - 1) this.see(0);
    this.dialog.classList.add("playing");
    this.schedule();
  },

  pause() {
    clearTimeout(this.timer);
    this.dialog.classList.remove("playing");
  },

  schedule() {
    clearTimeout(this.timer);
    this.dialog.style.setProperty("--speed", this.speed.value);
    this.timer = setTimeout(() => {
      if (this.at === this.frames.length - 1) return this.pause();
      this.see(this.at + 1);
      return this.schedule();
    }, 1800 / this.speed.value);
  },

  toggle() {
    if (this.dialog.classList.contains("playing")) this.pause();
    else this.play();
  },

  move(by) {
    this.pause();
    this.see(this.at + by);
  },

  faster(by) {
    this.speed.selectedIndex = Math.max(0, Math.min(this.speed.length - 1, this.speed.selectedIndex + by));
    if (this.dialog.classList.contains("playing")) this.schedule();
  },
};

const commands = {
  play: () => player.open(),
  toggle: () => player.toggle(),
  back: () => player.move(-1),
  forth: () => player.move(1),
  close: () => player.dialog.close(),
  before: (button) => show(button.closest(".card"), "before"),
  after: (button) => show(button.closest(".card"), "after"),
};

const pageKeys = {
  j: () => goTo(current + 1),
  k: () => goTo(current - 1),
  ArrowRight: () => goTo(current + 1),
  ArrowLeft: () => goTo(current - 1),
  Home: () => goTo(0),
  End: () => goTo(cards.length - 1),
  a: () => show(cards[current], cards[current].dataset.show === "before" ? "after" : "before"),
  m: () => document.body.classList.toggle("unmarked"),
  p: () => player.open(),
};

const playerKeys = {
  " ": () => player.toggle(),
  k: () => player.move(-1),
  j: () => player.move(1),
  ArrowLeft: () => player.move(-1),
  ArrowRight: () => player.move(1),
  Home: () => player.move(-player.frames.length),
  End: () => player.move(player.frames.length),
  "+": () => player.faster(1),
  "-": () => player.faster(-1),
  m: () => document.body.classList.toggle("unmarked"),
};

if (cards.length) {
  document.addEventListener("click", (event) => {
    const thumb = event.target.closest(".strip a");
    if (thumb) {
      event.preventDefault();
      history.replaceState(null, "", thumb.hash);
      goTo(thumbs.indexOf(thumb));
    }
    const button = event.target.closest("[data-do]");
    if (button) commands[button.dataset.do](button);
  });
  document.addEventListener("keydown", (event) => {
    const keys = player.dialog.open ? playerKeys : pageKeys;
    const takesKeys = event.target.closest("select, input") || (event.key === " " && event.target.closest("button"));
    if (event.ctrlKey || event.metaKey || event.altKey || takesKeys || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("scroll", () => requestAnimationFrame(chooseByPosition), { passive: true });
  player.dialog.querySelector("input").addEventListener("input", (event) => {
    player.pause();
    player.see(Number(event.target.value));
  });
  player.dialog.querySelector("select").addEventListener("change", () => player.faster(0));
  player.dialog.addEventListener("close", () => {
    player.pause();
    goTo(player.frames[player.at].index);
  });
  const linked = cards.findIndex((card) => `#${card.id}` === location.hash);
  if (linked >= 0) goTo(linked);
  else choose(0);
}

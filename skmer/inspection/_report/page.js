"use strict";
const filters = document.getElementById("filters");
const cards = [...document.querySelectorAll("#cards > .clip")];
const viewer = document.getElementById("viewer");
const stage = viewer.querySelector(".stage img");
const moments = [...viewer.querySelectorAll("[data-frame]")];
const play = viewer.querySelector("[data-play]");
let viewed = null, frame = 1, timer = null;

const shown = () => cards.filter(card => !card.hidden);

function applyFilters() {
  const wanted = [...new FormData(filters)].filter(([, value]) => value !== "");
  for (const card of cards)
    card.hidden = !wanted.every(([name, value]) => card.dataset[name].split(" ").includes(value));
  document.getElementById("shown").textContent = `${shown().length} of ${cards.length} clips`;
}

function showFrame(number) {
  frame = number;
  const picture = viewed.querySelectorAll(".frames > *")[number];
  stage.src = picture.src ?? "data:,";
  stage.alt = picture.alt ?? picture.textContent;
  moments.forEach((button, k) => button.setAttribute("aria-current", k === number));
}

function showClip(card) {
  viewed = card;
  viewer.querySelector("#viewed").textContent = card.querySelector(".who").textContent;
  const verdict = viewer.querySelector(".verdict");
  verdict.replaceChildren(...card.querySelector(".verdict").cloneNode(true).childNodes);
  verdict.className = `verdict ${card.dataset.outcome}`;
  showFrame(frame);
}

function step(by) {
  const among = shown();
  showClip(among[(among.indexOf(viewed) + by + among.length) % among.length]);
}

function setPlaying(on) {
  clearInterval(timer);
  if (on) timer = setInterval(() => showFrame((frame + 1) % 3), 400);
  play.setAttribute("aria-pressed", on);
}

filters.addEventListener("change", applyFilters);
filters.addEventListener("reset", () => setTimeout(applyFilters));
filters.addEventListener("submit", event => event.preventDefault());
document.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.closest(".confusion")) {
    filters.reset();
    filters.elements.truth.value = button.dataset.truth;
    filters.elements.predicted.value = button.dataset.predicted;
    applyFilters();
    const heading = document.getElementById("clips");
    heading.scrollIntoView();
    heading.focus({ preventScroll: true });
  } else if (button.matches(".frames")) {
    frame = 1;
    showClip(button.closest(".clip"));
    viewer.showModal();
  } else if (button.dataset.frame) {
    setPlaying(false);
    showFrame(Number(button.dataset.frame));
  } else if (button.dataset.step) step(Number(button.dataset.step));
  else if (button === play) setPlaying(play.getAttribute("aria-pressed") !== "true");
  else if ("close" in button.dataset) viewer.close();
});
viewer.addEventListener("close", () => setPlaying(false));
viewer.addEventListener("keydown", event => {
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") step(event.key === "ArrowLeft" ? -1 : 1);
  else if ("123".includes(event.key)) { setPlaying(false); showFrame(Number(event.key) - 1); }
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(part => { part.open = true; }));
filters.hidden = false;
filters.reset();
applyFilters();

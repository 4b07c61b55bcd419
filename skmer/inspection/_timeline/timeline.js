"use strict";
const marks = [...document.querySelectorAll(".mark")];
const cards = [...document.querySelectorAll(".card")];
let current = 0;

function show(number) {
  if (!cards.length) return;
  current = (number + cards.length) % cards.length;
  cards.forEach((card, k) => { card.hidden = k !== current; });
  marks.forEach((mark, k) => mark.setAttribute("aria-current", k === current));
  document.getElementById("place").textContent = `movement ${current + 1} of ${cards.length}`;
}

marks.forEach((mark, k) => {
  // Places are set from here: the page's policy forbids styles in attributes.
  mark.style.left = `${100 * mark.dataset.left}%`;
  mark.style.width = `${100 * mark.dataset.width}%`;
});
const centers = marks.map(mark => Number(mark.dataset.left) + mark.dataset.width / 2);
const timeline = document.querySelector(".timeline");
timeline.addEventListener("click", event => {
  if (!marks.length) return;
  // Marks of a long video lie on each other on a phone: a finger means the nearest, a key the mark itself.
  const place = (event.clientX - timeline.getBoundingClientRect().left) / timeline.clientWidth;
  const away = centers.map(center => Math.abs(center - place));
  show(event.detail ? away.indexOf(Math.min(...away)) : marks.indexOf(event.target));
});
document.querySelectorAll("[data-step]").forEach(button =>
  button.addEventListener("click", () => show(current + Number(button.dataset.step))));
document.querySelectorAll("[data-flip]").forEach(button =>
  button.addEventListener("click", () => {
    const image = button.parentElement.querySelector("img");
    const other = image.dataset.other;
    image.dataset.other = image.src;
    image.src = other;
    image.alt = image.alt === "before" ? "enlarged" : "before";
    const caption = button.parentElement.querySelector("figcaption");
    [caption.textContent, caption.dataset.other] = [caption.dataset.other, caption.textContent];
  }));
if (cards.length < 2) document.querySelector("nav").hidden = true;
show(0);

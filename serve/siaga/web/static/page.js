"use strict";

(() => {
  const REFRESH_MS = 5000;
  const dayText = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
  const clockText = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const fullText = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

  function tellTimes(root) {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(element.dateTime);
      if (!("short" in element.dataset)) {
        element.textContent = fullText.format(moment);
      } else if (moment.toDateString() === new Date().toDateString()) {
        element.textContent = clockText.format(moment);
      } else {
        element.textContent = `${dayText.format(moment)}, ${clockText.format(moment)}`;
      }
    }
  }

  function span(seconds) {
    if (seconds < 60) return `${seconds} s`;
    const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const first = units.findIndex(([length]) => seconds >= length);
    const parts = [];
    for (const [length, unit] of units.slice(first, first + 2)) {
      const count = Math.floor(seconds / length);
      seconds -= count * length;
      if (count) parts.push(`${count} ${unit}`);
    }
    return parts.join(" ");
  }

  function tellDurations() {
    for (const element of document.querySelectorAll("[data-since]")) {
      const seconds = Math.round((Date.now() - Date.parse(element.dataset.since)) / 1000);
      element.textContent = span(Math.max(0, seconds));
    }
  }

  function cardsOf(root) {
    return [...root.querySelectorAll("#violations > .card")];
  }

  // What one looks at must not move: away from the top, only cards that are already there change.
  function atTop() {
    return window.scrollY < 8;
  }

  function keepFocus(change) {
    const focused = document.activeElement;
    const card = focused && focused.closest(".card");
    const link = focused && focused.closest("#filters a");
    change();
    if (card) {
      const again = cardsOf(document).find((other) => other.dataset.id === card.dataset.id);
      if (again) again.querySelector("a").focus({ preventScroll: true });
    } else if (link) {
      const again = [...document.querySelectorAll("#filters a")].find((other) => other.href === link.href);
      if (again) again.focus({ preventScroll: true });
    }
  }

  function updateCards(next) {
    const newer = new Map(cardsOf(next).map((card) => [card.dataset.id, card]));
    for (const card of cardsOf(document)) {
      const fresh = newer.get(card.dataset.id);
      if (fresh && fresh.dataset.rev !== card.dataset.rev) {
        keepFocus(() => card.replaceWith(document.importNode(fresh, true)));
      }
    }
  }

  function showWaiting(next, list, button) {
    const known = new Set(cardsOf(document).map((card) => card.dataset.id));
    const count = cardsOf(next).filter((card) => !known.has(card.dataset.id)).length;
    const bands = (root) => [...root.querySelectorAll(".band")].map((band) => band.querySelector("strong").textContent).join();
    const changed = bands(next) !== bands(list);
    if (!count && !changed) return;
    button.textContent = count ? `${count} new ${count === 1 ? "violation" : "violations"}` : "Camera status has changed";
    button.hidden = false;
  }

  // A card that has not changed stays the same element, so that its picture is not drawn anew.
  function reuseCards(next) {
    const parts = [...next.body.childNodes].map((node) => document.importNode(node, true));
    const old = new Map(cardsOf(document).map((card) => [card.dataset.id, card]));
    for (const card of parts.flatMap((node) => (node.id === "violations" ? [...node.children] : []))) {
      const same = old.get(card.dataset.id);
      if (same && same.dataset.rev === card.dataset.rev) {
        same.classList.remove("arrived");
        card.replaceWith(same);
      }
    }
    return parts;
  }

  function replaceAll(next, list, button) {
    const known = new Set(cardsOf(document).map((card) => card.dataset.id));
    const chips = [...list.querySelectorAll(".chips")].map((row) => row.scrollLeft);
    keepFocus(() => list.replaceChildren(...reuseCards(next)));
    [...list.querySelectorAll(".chips")].forEach((row, index) => { row.scrollLeft = chips[index] || 0; });
    for (const card of cardsOf(list)) {
      if (known.size && !known.has(card.dataset.id)) card.classList.add("arrived");
    }
    button.hidden = true;
  }

  function watchList(list) {
    const button = document.getElementById("fresh");
    const live = document.getElementById("live");
    let waiting = null;

    async function refresh() {
      const answer = await fetch(`/parts/list${location.search}`, { credentials: "same-origin" });
      if (answer.status === 401) {
        location.reload();
        return;
      }
      if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
      waiting = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (atTop()) {
        replaceAll(waiting, list, button);
      } else {
        updateCards(waiting);
        showWaiting(waiting, list, button);
      }
      tellTimes(list);
      tellDurations();
    }

    async function tick() {
      if (!document.hidden) {
        try {
          await refresh();
          live.className = "live";
          live.textContent = "Live";
        } catch {
          live.className = "live lost";
          live.textContent = "No connection, trying again";
        }
      }
      setTimeout(tick, REFRESH_MS);
    }

    button.addEventListener("click", () => {
      window.scrollTo(0, 0);
      if (waiting) replaceAll(waiting, list, button);
      tellTimes(list);
      tellDurations();
    });
    live.textContent = "Live";
    setTimeout(tick, REFRESH_MS);
  }

  function leadToTrigger(video) {
    const button = document.getElementById("to-trigger");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      video.pause();
      video.currentTime = Number(video.dataset.trigger);
    });
  }

  // The way back leads to the list as it was filtered.
  function keepWayBack() {
    const back = document.getElementById("back");
    if (document.getElementById("list")) sessionStorage.setItem("list", location.search);
    else if (back) back.search = sessionStorage.getItem("list") || "";
  }

  tellTimes(document);
  tellDurations();
  keepWayBack();
  setInterval(tellDurations, 1000);
  const list = document.querySelector("#list[data-refresh]");
  if (list) watchList(list);
  const video = document.getElementById("clip");
  if (video) leadToTrigger(video);
})();

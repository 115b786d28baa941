"use strict";
// The page reads without this; it finds findings as one types, and opens what a link points into.
(() => {
  const bar = document.getElementById("filter");
  const box = document.getElementById("q");
  const shown = document.getElementById("shown");
  const articles = [...document.querySelectorAll("article[id]")];
  const texts = articles.map((article) => article.textContent.toLowerCase());
  const sections = [...document.querySelectorAll("section.group")];
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    articles.forEach((article, index) => {
      const fits = words.every((word) => texts[index].includes(word));
      article.hidden = !fits;
      count += fits ? 1 : 0;
    });
    for (const section of sections) {
      section.hidden = !section.querySelector("article:not([hidden])");
    }
    shown.textContent = words.length ? `${count} of ${articles.length} findings` : "";
  };
  const follow = () => {
    let name = "";
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    if (name.startsWith("filter=")) {
      box.value = name.slice("filter=".length);
      filter();
      return;
    }
    const target = document.getElementById(name);
    if (!target) return;
    if (target.closest("[hidden]")) {
      box.value = "";
      filter();
    }
    for (let node = target; node; node = node.parentElement) {
      if (node instanceof HTMLDetailsElement) node.open = true;
    }
    target.scrollIntoView();
  };
  if (bar && box && shown && articles.length) {
    bar.hidden = false;
    box.addEventListener("input", filter);
    addEventListener("hashchange", follow);
    follow();
  }
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();

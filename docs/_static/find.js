// Above what the search finds: the numbers of the book, and words that have another name here.
"use strict";

function idsOf(query) {
  const typed = /^\(?(?:([a-z]+)\.?[ :_-]*)?\(?((?:10|[1-9])\.\d+)\(?([a-z]?)\)?$/i.exec(query.trim());
  if (!typed) return NUMBERS.rows.filter(row => row[0] === query.trim().toLowerCase());
  const kind = typed[1] && NUMBERS.kinds[typed[1].toLowerCase()];
  if (typed[1] && !kind) return [];
  const number = typed[2] + typed[3].toLowerCase();
  return NUMBERS.rows.filter(([id]) => {
    const [of, own] = id.split(":");
    const same = own === number || (/^[a-z]$/.test(own.slice(-1)) && own.slice(0, -1) === number);
    return same && (!kind || of === kind);
  });
}

function namesOf(query) {
  const asked = query.trim().toLowerCase();
  return NUMBERS.words.filter(([word]) => word === asked);
}

document.addEventListener("DOMContentLoaded", () => {
  const query = new URLSearchParams(window.location.search).get("q") || "";
  const found = [
    ...idsOf(query).map(([, label, title, address]) => [address, label, title]),
    ...namesOf(query).map(([word, here, address]) => [address, word, `here: ${here.replaceAll(/[`{}]|api/g, "")}`]),
  ];
  const place = document.getElementById("search-results");
  if (!found.length || !place) return;
  const list = document.createElement("ul");
  list.className = "by-number";
  for (const [address, label, title] of found) {
    const entry = list.appendChild(document.createElement("li"));
    const link = entry.appendChild(document.createElement("a"));
    link.href = address;
    link.textContent = label;
    entry.append(` ${title}`);
  }
  place.before(list);
});

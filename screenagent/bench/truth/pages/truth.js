// What every page shares: which part is shown, in which twin, and how it reports what truly happened.
const asked = new URLSearchParams(location.search);
const works = asked.get("twin") == "works", broken = !works;
const closed = `http://127.0.0.1:${asked.get("closed")}/order`;
const cases = {};

let reported = 0;

// Report what is so now. Requests may overtake each other, so reports are numbered.
function did(line) {
  fetch(`/report?${new URLSearchParams({attempt: asked.get("attempt"), number: ++reported, line})}`, {keepalive: true});
}

// Something was pressed or changed that the task did not mean.
function other(line) {
  did(`other ${line}`);
}

// Show the part of the page with the case's name, without what is marked as the other twin's.
function show() {
  const name = asked.get("case");
  document.querySelectorAll("section").forEach(part => part.id == name || part.remove());
  document.querySelectorAll(works ? "[broken]" : "[works]").forEach(part => part.remove());
  document.querySelectorAll("[name=attempt]").forEach(field => (field.value = asked.get("attempt")));
  document.querySelectorAll("form[method=post]").forEach(form => (form.action = works ? "/order" : closed));
  document.title = document.querySelector("section").dataset.title;
  cases[name]?.();
}

"use strict";
(() => {
  const svgNames = "http://www.w3.org/2000/svg";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const element = (name, attributes = {}, text = "") => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  const button = (text, label, act) => {
    const made = element("button", { type: "button", "aria-label": label }, text);
    made.addEventListener("click", act);
    return made;
  };

  // Numbers as people read them; what is downloaded keeps every digit.
  const written = (value) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return "n/a";
    const size = Math.abs(value);
    const digits = size >= 99.95 || size === 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
    // What is above 0 must not read as 0.
    if (size > 0 && size < 0.0995) return value.toLocaleString("en-US", { maximumSignificantDigits: 2 });
    return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: digits });
  };
  const onAxis = (axis, value) => {
    if (axis.scale === "category") return axis.categories[Math.round(value) - 1] ?? "";
    if (axis.unit === "%") return (value * 100).toFixed(1) + " %";
    return axis.unit ? written(value) + " " + axis.unit : written(value);
  };

  // Files of several runs lie beside one another.
  const carried = document.getElementById("report-data");
  const report = carried && JSON.parse(carried.textContent);
  const run = report?.run_id;
  const download = (name, type, text) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = element("a", { href: url, download: run ? run + "-" + name : name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  // A spreadsheet would run a text that begins like a formula, some also one in full-width signs.
  const field = (value) => {
    if (value === null || value === undefined) return "";
    let text = String(value);
    if (typeof value === "string" && /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const csv = (rows) => rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";

  const columns = ["x", "end", "first", "y", "top", "low", "high", "value", "name"];
  // Names of what stands in a list go beside its numbers, units beside the columns.
  const chartCsv = (data) => {
    const used = columns.filter((column) => data.series.some((series) => series[column]?.length));
    const listed = data.x.scale === "category" ? "x" : data.y.scale === "category" ? "y" : null;
    const across = new Set(data.y.scale === "category" ? ["x", "end", "first", "low", "high"] : ["x", "end", "first"]);
    const head = (column) => {
      if (column === "name" || column === "value") return column;
      const axis = across.has(column) ? data.x : data.y;
      const told = [axis.label, axis.unit === "%" ? "share" : axis.unit].filter(Boolean).join(", ");
      return told ? column + " (" + told + ")" : column;
    };
    const rows = [["series", ...(listed ? ["category"] : []), ...used.map(head)]];
    for (const series of data.series)
      for (let i = 0; i < series.x.length; i++)
        rows.push([series.label, ...(listed ? [onAxis(data[listed], series[listed][i])] : []), ...used.map((column) => series[column]?.[i])]);
    return csv(rows);
  };

  const timeCharts = [];

  // Where a value lies in the drawing, and back.
  const scaled = (axis, value) =>
    axis.scale === "log10" || axis.scale === "log2" ? Math.log(value) : value;
  const unscaled = (axis, place) =>
    axis.scale === "log10" || axis.scale === "log2" ? Math.exp(place) : place;
  const share = (axis, value) =>
    (scaled(axis, value) - scaled(axis, axis.low)) / (scaled(axis, axis.high) - scaled(axis, axis.low));

  class Chart {
    constructor(figure) {
      this.figure = figure;
      this.plot = figure.querySelector(".plot");
      this.svg = figure.querySelector("svg");
      this.data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
      this.hidden = new Set();
      this.tip = element("div", { class: "tip", hidden: "" });
      this.tip.setAttribute("aria-hidden", "true");
      figure.append(this.tip);
      this.spoken = element("div", { class: "skip", role: "status" });
      figure.append(this.spoken);
      this.marks = document.createElementNS(svgNames, "g");
      this.svg.append(this.marks);
      this.at = null;
      this.addTools();
      this.addLegend();
      this.plot.tabIndex = 0;
      this.plot.setAttribute("role", "application");
      this.plot.setAttribute("aria-roledescription", "chart; arrow keys read its values");
      this.plot.addEventListener("pointermove", (event) => this.point(event));
      this.plot.addEventListener("pointerdown", (event) => this.point(event));
      // A finger that is lifted leaves what it found; another tap elsewhere takes it away.
      this.plot.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.leave());
      this.plot.addEventListener("blur", () => this.leave());
      this.plot.addEventListener("keydown", (event) => this.key(event));
      if (figure.hasAttribute("data-over-time")) timeCharts.push(this);
    }

    addTools() {
      const tools = element("span", { class: "tools" });
      const title = this.data.title;
      tools.append(
        button("Enlarge", "Enlarge " + title, () => this.enlarge()),
        button("CSV", "Download the data of " + title + " as CSV", () =>
          download(this.data.name + ".csv", "text/csv", chartCsv(this.data))),
        button("JSON", "Download the data of " + title + " as JSON", () =>
          download(this.data.name + ".json", "application/json", JSON.stringify(this.data))),
      );
      this.figure.querySelector("figcaption").append(tools);
    }

    addLegend() {
      for (const entry of all(".legend li", this.figure)) {
        const key = entry.dataset.key;
        const toggle = button("", "", () => {
          const shown = this.hidden.has(key);
          if (shown) this.hidden.delete(key);
          else this.hidden.add(key);
          toggle.setAttribute("aria-pressed", String(shown));
          for (const group of all(`[data-series="${key}"]`, this.svg)) group.classList.toggle("off", !shown);
          this.leave();
        });
        toggle.removeAttribute("aria-label");
        toggle.setAttribute("aria-pressed", "true");
        toggle.append(...entry.childNodes);
        entry.append(toggle);
      }
    }

    enlarge() {
      if (this.figure.closest("dialog")) return;
      const dialog = element("dialog", { "aria-label": this.data.title });
      const place = document.createComment("");
      const opener = document.activeElement;
      this.figure.before(place);
      const close = button("Close", "Close", () => dialog.close());
      dialog.append(close, this.figure);
      document.body.append(dialog);
      dialog.addEventListener("close", () => {
        place.replaceWith(this.figure);
        dialog.remove();
        this.leave();
        opener?.focus();
      });
      dialog.showModal();
    }

    toX(value) {
      const [left, , right] = this.data.plot;
      return left + share(this.data.x, value) * (right - left);
    }

    toY(value) {
      const [, top, , bottom] = this.data.plot;
      const part = share(this.data.y, value);
      return this.data.y.scale === "category" ? top + part * (bottom - top) : bottom - part * (bottom - top);
    }

    // The value of the x axis and the place below the pointer, in the drawing's units.
    under(event) {
      // Not from the box: where its height is limited the drawing is narrower than the box.
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
      const [left, , right] = this.data.plot;
      const axis = this.data.x;
      const part = Math.min(1, Math.max(0, (x - left) / (right - left)));
      const low = scaled(axis, axis.low);
      return { x, y, value: unscaled(axis, low + part * (scaled(axis, axis.high) - low)) };
    }

    point(event) {
      const { x, y, value } = this.under(event);
      this.show(value, { x, y });
      this.link(value);
    }

    link(value) {
      if (!timeCharts.includes(this)) return;
      for (const other of timeCharts) if (other !== this) other.show(value, null, true);
    }

    shown() {
      return this.data.series.filter((series) => !this.hidden.has(series.key));
    }

    // What each series says at a value of x, or nearest to a place.
    read(value, place) {
      const lines = [];
      const spots = [];
      let at = value;
      // The points of a line that have names tell more than the line.
      const named = new Set(this.data.series.filter((series) => series.marks === "named").map((series) => series.key));
      for (const series of this.shown()) {
        if (series.marks === "curve" && named.has(series.key)) continue;
        const n = series.y.length;
        const name = series.label ? series.label + ": " : "";
        if (series.marks === "steps" || series.marks === "bars") {
          let i = -1;
          while (i + 1 < series.x.length && series.x[i + 1] <= value) i++;
          if (series.marks === "bars") {
            if (i < 0 || i >= n) continue;
            const range = onAxis(this.data.x, series.x[i]) + " to " + onAxis(this.data.x, series.x[i + 1]);
            lines.push(name + onAxis(this.data.y, series.y[i]) + " (" + range + ")");
          } else {
            lines.push(name + onAxis(this.data.y, i < 0 ? 0 : series.y[i]));
            if (i >= 0) spots.push([value, series.y[i]]);
          }
        } else if (series.marks === "spans" || series.marks === "cells") {
          const found = this.inside(series, value, place);
          if (found === null) continue;
          lines.push(found);
        } else if (series.marks === "stack" || series.marks === "held" || series.marks === "bands") {
          const found = this.during(series, name, value);
          if (found === null) continue;
          lines.push(found.line);
          if (series.marks === "held") spots.push([value, found.y]);
        } else if (n > 0) {
          const i = this.nearest(series, value, place);
          if (i === null) continue;
          const interval = Number.isFinite(series.low?.[i])
            ? " [" + onAxis(this.axisOfInterval(), series.low[i]) + ", " + onAxis(this.axisOfInterval(), series.high[i]) + "]"
            : "";
          spots.push([series.x[i], series.y[i]]);
          if (series.marks === "rests" || series.marks === "targets") {
            lines.push(name + onAxis(this.data.x, series.x[i]) + interval);
          } else if (series.marks === "named") {
            lines.push(name + series.name[i] + ": " + onAxis(this.data.x, series.x[i]) + ", " + onAxis(this.data.y, series.y[i]) + interval + (series.hollow?.[i] ? ", hollow: see below" : ""));
          } else if (series.marks === "dots") {
            lines.push(name + onAxis(this.data.x, series.x[i]) + ", " + onAxis(this.data.y, series.y[i]));
          } else {
            at = series.x[i];
            lines.push(name + onAxis(this.data.y, series.y[i]) + interval + (series.hollow?.[i] ? ", hollow: see below" : ""));
          }
        }
      }
      return { lines, spots, at };
    }

    axisOfInterval() {
      return this.data.y.scale === "category" ? this.data.x : this.data.y;
    }

    // What holds from one place to another, and how much that is.
    during(series, name, value) {
      const end = (i) => (series.marks === "stack" ? series.x[i + 1] : series.end[i]);
      const i = series.x.findIndex((from, i) => from <= value && value < end(i));
      if (i < 0 || end(i) === undefined || series.y[i] === 0) return null;
      const range = onAxis(this.data.x, series.x[i]) + " to " + onAxis(this.data.x, end(i));
      if (series.marks === "bands") return { line: name + range };
      const of = series.value?.length ? "n " + written(series.value[i]) + ", " : "";
      return { line: name + onAxis(this.data.y, series.y[i]) + " (" + of + range + ")", y: series.y[i] };
    }

    nearest(series, value, place) {
      let best = null;
      let least = Infinity;
      const target = this.toX(value);
      const beside = series.marks === "rests" || series.marks === "targets";
      for (let i = 0; i < series.x.length; i++) {
        const dx = this.toX(series.x[i]) - target;
        if (beside && place && Math.round(series.y[i]) !== Math.round(this.rowAt(place.y))) continue;
        const free = series.marks === "dots" || series.marks === "named";
        const dy = place && (free || beside) ? this.toY(series.y[i]) - place.y : 0;
        const away = beside ? Math.abs(dy) : Math.hypot(dx, dy);
        if (away < least) [least, best] = [away, i];
      }
      if (beside) return best;
      // Names on a line are looked for from anywhere, those that stand alone only from nearby.
      const alone = series.marks === "dots" || (series.marks === "named" && !this.data.series.some((other) => other.marks === "curve" && other.key === series.key));
      return alone && least > 30 ? null : best;
    }

    inside(series, value, place) {
      const names = [];
      for (let i = 0; i < series.x.length; i++) {
        if (this.data.y.scale === "category") {
          if (!place || Math.round(series.y[i]) !== Math.round(this.rowAt(place.y))) continue;
          const part = (from, to) => onAxis(this.data.x, to - from);
          return series.label + ": " + part(series.x[i], series.end[i]) + ", of which " + part(series.x[i], series.first[i]) + " until the first token";
        }
        if (value < series.x[i] || value > series.end[i]) continue;
        if (series.marks === "cells") {
          if (!place) {
            names.push(i);
            continue;
          }
          const [from, to] = [this.toY(series.top[i]), this.toY(series.y[i])];
          if (place.y < from || place.y > to) continue;
          const what = series.key === "replies" ? " repl" + (series.value[i] === 1 ? "y, " : "ies, ") : series.value[i] === 1 ? " request, " : " requests, ";
          return written(series.value[i]) + what + onAxis(this.data.x, series.x[i]) + " to " + onAxis(this.data.x, series.end[i]) +
            ", " + onAxis(this.data.y, series.y[i]) + " to " + onAxis(this.data.y, series.top[i]);
        }
        if (!place) {
          names.push(i);
          continue;
        }
        if (Math.abs(this.toY(series.y[i]) - place.y) > Math.max(3, Math.abs(this.toY(1) - this.toY(0)) / 2)) continue;
        const first = Number.isFinite(series.first[i]) ? ", first token after " + onAxis(this.data.x, series.first[i] - series.x[i]) : "";
        return (series.name[i] ? series.name[i] + ": " : "") + series.label + ", " + onAxis(this.data.x, series.x[i]) + " to " + onAxis(this.data.x, series.end[i]) + first;
      }
      if (!names.length) return null;
      if (series.marks !== "cells") return series.label + ": " + names.length + " in flight";
      // Without a height: the whole column.
      const count = names.reduce((sum, i) => sum + series.value[i], 0);
      const [low, high] = [Math.min(...names.map((i) => series.y[i])), Math.max(...names.map((i) => series.top[i]))];
      const what = series.key === "replies" ? " replies, " : " requests, ";
      return written(count) + what + onAxis(this.data.y, low) + " to " + onAxis(this.data.y, high);
    }

    show(value, place, quiet = false) {
      this.at = value;
      const { lines, spots, at } = this.read(value, place);
      const [left, top, right, bottom] = this.data.plot;
      this.marks.replaceChildren();
      const line = document.createElementNS(svgNames, "path");
      line.setAttribute("class", "cursor");
      line.setAttribute("d", `M${this.toX(at)} ${top}V${bottom}`);
      this.marks.append(line);
      for (const [x, y] of spots) {
        const spot = document.createElementNS(svgNames, "circle");
        spot.setAttribute("class", "spot");
        spot.setAttribute("cx", this.toX(x));
        spot.setAttribute("cy", this.toY(y));
        spot.setAttribute("r", 4);
        this.marks.append(spot);
      }
      this.tip.replaceChildren();
      const category = this.data.y.scale === "category";
      const row = category && place ? onAxis(this.data.y, this.rowAt(place.y)) : "";
      if (!category) this.tip.append(element("b", {}, this.data.x.label + " " + onAxis(this.data.x, at)));
      else if (row) this.tip.append(element("b", {}, row));
      for (const text of lines) this.tip.append(element("div", {}, text));
      this.tip.hidden = lines.length === 0;
      if (this.tip.hidden) {
        if (!quiet && !place) this.spoken.textContent = onAxis(this.data.x, at) + ": nothing";
        return;
      }
      const figure = this.figure.getBoundingClientRect();
      const drawn = this.svg.getScreenCTM();
      const x = drawn.e - figure.left + this.toX(at) * drawn.a;
      const width = this.tip.offsetWidth;
      const beside = x + 12 + width > figure.width ? x - 12 - width : x + 12;
      this.tip.style.left = Math.max(0, Math.min(beside, figure.width - width)) + "px";
      this.tip.style.top = drawn.f - figure.top + top * drawn.d + 4 + "px";
      if (!quiet && !place) this.spoken.textContent = this.tip.innerText.replaceAll("\n", "; ");
    }

    // The row of a list at a place.
    rowAt(y) {
      const [, top, , bottom] = this.data.plot;
      const { low, high } = this.data.y;
      return low + ((y - top) / (bottom - top)) * (high - low);
    }

    leave() {
      const charts = timeCharts.includes(this) ? timeCharts : [this];
      for (const chart of charts) {
        chart.marks.replaceChildren();
        chart.tip.hidden = true;
        chart.at = null;
      }
    }

    // Steps of a fiftieth of the axis; through a list row by row.
    key(event) {
      const axis = this.data.x;
      const [low, high] = [scaled(axis, axis.low), scaled(axis, axis.high)];
      const list = this.data.y.scale === "category";
      const back = event.key === "ArrowLeft" || event.key === "ArrowUp";
      const ends = event.key === "Home" ? 0 : event.key === "End" ? 1 : null;
      if (event.key === "Escape") {
        this.leave();
        return;
      }
      if (!back && ends === null && event.key !== "ArrowRight" && event.key !== "ArrowDown") return;
      event.preventDefault();
      if (list) {
        const named = this.data.y.categories.flatMap((name, i) => (name ? [i + 1] : []));
        const from = ends === null ? named.indexOf(this.row) : -1;
        const to = ends !== null ? ends * (named.length - 1) : from < 0 ? (back ? named.length - 1 : 0) : from + (back ? -1 : 1);
        this.row = named[Math.min(named.length - 1, Math.max(0, to))];
        this.show(axis.low, { x: 0, y: this.toY(this.row) });
        this.spoken.textContent = this.tip.innerText.replaceAll("\n", "; ");
        return;
      }
      // From point to point where there are points alone, else by fiftieths of the axis.
      const pointed = this.shown().filter((series) => ["line", "named", "curve"].includes(series.marks));
      const stops = pointed.length === this.shown().length
        ? [...new Set(pointed.flatMap((series) => series.x))].sort((a, b) => a - b) : [];
      const place = this.at === null ? low + (high - low) / 2 : scaled(axis, this.at);
      let value = unscaled(axis, Math.min(high, Math.max(low, place + ((back ? -1 : 1) * (high - low)) / 50)));
      if (ends !== null) value = unscaled(axis, ends ? high : low);
      if (stops.length) {
        const now = this.at === null ? (back ? Infinity : -Infinity) : this.at;
        value = ends !== null ? stops.at(-ends) : (back ? stops.findLast((x) => x < now) : stops.find((x) => x > now)) ?? stops.at(back ? 0 : -1);
      }
      this.show(value, null);
      this.link(value);
    }
  }

  const charts = all("figure[data-chart]").map((figure) => new Chart(figure));
  document.addEventListener("pointerdown", (event) => {
    const hit = charts.find((chart) => chart.plot.contains(event.target));
    const linked = timeCharts.includes(hit) ? timeCharts : [hit];
    for (const chart of charts) if (chart.at !== null && !linked.includes(chart)) chart.leave();
  });

  // Tables as CSV: the values behind the words where a cell has one.
  for (const table of all("table")) {
    const box = table.closest(".scroll");
    const name = box?.getAttribute("aria-label") ?? "table";
    const get = button("CSV", "Download the table " + name + " as CSV", () => {
      const said = (cell) => [...cell.childNodes].map((part) => part.textContent.trim()).filter(Boolean).join(", ");
      const rows = all("tr", table).map((row) => [...row.cells].filter((cell) => !cell.matches(".bars")).map((cell) => {
        const value = cell.dataset.value;
        return value === undefined ? said(cell) : Number(Number(value).toPrecision(12));
      }));
      download("table-" + name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-") + ".csv", "text/csv", csv(rows));
    });
    const tools = element("div", { class: "tools under" });
    tools.append(get);
    box?.after(tools);
  }

  // What a term means, where it stands.
  for (const link of all('a[href^="#term-"]')) {
    const short = document.getElementById(link.hash.slice(1))?.dataset.short;
    if (short) link.title = short;
  }

  // Lists that can be narrowed.
  for (const list of all("[data-filter]")) {
    const items = all("[data-item]", list);
    const form = list.querySelector(".filter");
    if (!form) continue;
    form.hidden = false;
    const told = form.querySelector("output");
    let wasNarrowed = false;
    const apply = () => {
      const words = (form.querySelector("input")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = all("select", form).map((select) => [select.name, select.value]).filter(([, value]) => value);
      let shown = 0;
      const rest = list.querySelector("details.rest");
      const narrowed = words.length > 0 || chosen.length > 0;
      if (rest && narrowed !== wasNarrowed) rest.open = narrowed;
      wasNarrowed = narrowed;
      for (const item of items) {
        const fits = chosen.every(([name, value]) => item.dataset[name] === value);
        const text = words.length ? item.textContent.toLowerCase() : "";
        item.hidden = !(fits && words.every((word) => text.includes(word)));
        if (!item.hidden) shown++;
      }
      if (rest) rest.hidden = narrowed && all("[data-item]", rest).every((item) => item.hidden);
      if (told) {
        const of = shown === items.length ? items.length : shown + " of " + items.length;
        told.textContent = shown === 0 ? "none of " + items.length + " is like that" : of + " shown";
      }
    };
    for (const all of form.querySelectorAll("button[data-all]"))
      all.addEventListener("click", () => {
        for (const item of items) if (!item.hidden) item.open = all.dataset.all === "open";
      });
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    apply();
  }

  // What the page carries for download: its tables, and its requests column by column (words by their places).
  if (report) {
    const ways = {
      json: () => download("report.json", "application/json", carried.textContent),
      requests: () => {
        const columns = report.requests.columns;
        const rows = [columns.map((column) => column.name)];
        for (let i = 0; i < report.requests.count; i++)
          rows.push(columns.map((column) => (column.words && column.values[i] !== null ? column.words[column.values[i]] : column.values[i])));
        download("requests.csv", "text/csv", csv(rows));
      },
    };
    for (const get of all("button[data-get]")) {
      if (get.dataset.get === "requests" && !report.requests.columns.length) continue;
      get.hidden = false;
      get.addEventListener("click", ways[get.dataset.get]);
    }
  }
})();

"use strict";
// Filters, hovering and sorting; without it the page shows everything.
(() => {
	const all = (root, what) => Array.from(root.querySelectorAll(what));
	const fits = (text, words) => words.every((word) => text.includes(word));
	const wordsOf = (input) => input.value.toLowerCase().split(/\s+/).filter(Boolean);

	for (const controls of all(document, ".controls")) controls.hidden = false;

	for (const section of all(document, ".findings")) {
		const input = section.querySelector(".find-findings");
		if (!input) continue;
		const rules = all(section, ".rule");
		const off = new Set();
		const none = section.querySelector(".none");
		const update = () => {
			const words = wordsOf(input);
			let shown = 0;
			for (const rule of rules) {
				const items = all(rule, ".evidence > li");
				const whole = fits(rule.querySelector("summary").textContent.toLowerCase(), words);
				let left = 0;
				for (const item of items) {
					item.hidden = !whole && !fits(item.textContent.toLowerCase(), words);
					left += !item.hidden;
				}
				rule.hidden = off.has(rule.dataset.level) || left === 0;
				shown += !rule.hidden;
			}
			none.hidden = shown > 0;
		};
		for (const level of ["error", "warning", "note", "ignored"]) {
			if (!rules.some((rule) => rule.dataset.level === level)) continue;
			const button = document.createElement("button");
			button.type = "button";
			button.className = level;
			button.textContent = level;
			button.setAttribute("aria-pressed", "true");
			button.addEventListener("click", () => {
				if (!off.delete(level)) off.add(level);
				button.setAttribute("aria-pressed", String(!off.has(level)));
				update();
			});
			section.querySelector(".toggles").append(button);
		}
		input.addEventListener("input", update);
	}

	for (const section of all(document, ".sizes")) {
		const tiles = all(section, ".leaf");
		const texts = tiles.map((tile) => tile.querySelector("title").textContent);
		const output = section.querySelector(".hovered");
		const input = section.querySelector(".find-tiles");
		const numbers = new Map(tiles.map((tile, i) => [tile, i]));
		let found = "";
		section.querySelector(".map").addEventListener("pointerover", (event) => {
			const number = numbers.get(event.target);
			output.textContent = number === undefined ? found : texts[number].split("\n").join(" · ");
		});
		section.querySelector(".map").addEventListener("pointerleave", () => { output.textContent = found; });
		input.addEventListener("input", () => {
			const words = wordsOf(input);
			let n = 0;
			tiles.forEach((tile, i) => {
				const fit = fits(texts[i].toLowerCase(), words);
				tile.classList.toggle("out", !fit);
				n += fit;
			});
			found = words.length ? n + " of " + tiles.length + " fit" : "";
			output.textContent = found;
		});
	}

	for (const input of all(document, ".find-rows")) {
		const rows = all(input.closest("section"), "tbody tr");
		input.addEventListener("input", () => {
			const words = wordsOf(input);
			for (const row of rows) row.hidden = !fits(row.textContent.toLowerCase(), words);
		});
	}

	const valueOf = (row, column) => {
		const cell = row.cells[column];
		return cell.dataset.n === undefined ? cell.textContent.toLowerCase() : Number(cell.dataset.n);
	};
	const sortBy = (table, head) => {
		const column = head.cellIndex;
		const body = table.tBodies[0];
		const rows = Array.from(body.rows);
		const number = rows.length > 0 && rows[0].cells[column].dataset.n !== undefined;
		const before = head.getAttribute("aria-sort");
		const order = before ? (before === "ascending" ? -1 : 1) : (number ? -1 : 1);
		for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", order > 0 ? "ascending" : "descending");
		rows.sort((a, b) => {
			const x = valueOf(a, column), y = valueOf(b, column);
			return order * (x < y ? -1 : x > y ? 1 : 0);
		});
		body.append(...rows);
	};
	for (const table of all(document, ".sortable")) {
		for (const head of table.tHead.rows[0].cells) {
			if (!head.textContent) continue;
			head.tabIndex = 0;
			head.addEventListener("click", () => sortBy(table, head));
			head.addEventListener("keydown", (event) => {
				if (event.key === "Enter") sortBy(table, head);
			});
		}
	}
})();

/* report.js: what the report can do besides: sort and copy tables, hide mechanisms. Without
 * it everything is there to be read. */
"use strict";
(function () {
	const tables = Array.from(document.querySelectorAll("table"));

	function make(name, text, parent) {
		const element = document.createElement(name);
		element.textContent = text;
		if (parent)
			parent.append(element);
		return element;
	}

	/* What a cell sorts by: its number where it has one. */
	function key(row, index) {
		const cell = row.cells[index];
		const value = cell ? cell.dataset.v : undefined;
		if (value !== undefined)
			return Number(value);
		return cell ? cell.textContent.trim() : "";
	}

	function order(a, b) {
		/* What is empty comes last in either direction. */
		if (typeof a === "number" && typeof b === "number")
			return Number.isNaN(a) || Number.isNaN(b) ? 0 : a - b;
		return String(a).localeCompare(String(b));
	}

	function sort(table, head, index) {
		const body = table.tBodies[0];
		const down = head.getAttribute("aria-sort") === "ascending";
		const rows = Array.from(body.rows, row => [key(row, index), row]);
		rows.sort((a, b) => {
			if (a[0] === "" || b[0] === "")
				return (a[0] === "") - (b[0] === "");
			return down ? order(b[0], a[0]) : order(a[0], b[0]);
		});
		for (const other of head.parentNode.cells)
			other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
		body.append(...rows.map(row => row[1]));
	}

	/* A spreadsheet would run what begins so. */
	function cell(text) {
		const plain = text.replace(/\s+/g, " ").trim();
		return /^[=@]|^[+-](?![\d.])/.test(plain) ? "'" + plain : plain;
	}

	async function copy(table, button) {
		const text = Array.from(table.rows).filter(row => !row.hidden)
			.map(row => Array.from(row.cells, one => cell(one.textContent)).join("\t"))
			.join("\n");
		try {
			await navigator.clipboard.writeText(text);
		} catch {
			const area = make("textarea", "", document.body);
			area.value = text;
			area.select();
			document.execCommand("copy");
			area.remove();
			button.focus();
		}
		button.textContent = "Copied";
		setTimeout(() => { button.textContent = "Copy table"; }, 2000);
	}

	for (const table of tables) {
		const heads = table.tHead ? Array.from(table.tHead.rows[0].cells) : [];
		heads.forEach((head, index) => {
			const button = make("button", head.textContent);
			button.type = "button";
			button.addEventListener("click", () => sort(table, head, index));
			head.replaceChildren(button);
		});
		const button = make("button", "Copy table");
		button.type = "button";
		button.className = "copy";
		button.addEventListener("click", () => copy(table, button));
		table.parentNode.after(button);
	}

	const rows = tables.flatMap(table => Array.from(table.querySelectorAll("tr[data-f]")));
	const claims = Array.from(document.querySelectorAll("[id$=folklore] tbody tr"));
	const families = Array.from(new Set(rows.map(row => row.dataset.f)));
	const hidden = new Set();
	if (!rows.length)
		return;
	const tools = make("form", "");
	tools.className = "tools";
	tools.setAttribute("role", "search");
	tools.addEventListener("submit", event => event.preventDefault());
	const label = make("label", "In tables show only ", tools);
	const search = make("input", "", label);
	search.type = "search";
	search.placeholder = "unix, shm, 64 KiB, …";
	const set = make("fieldset", "", tools);
	make("legend", "Families: ", set).style.cssText = "float:left;padding:0";
	const found = make("output", "", tools);

	/* Mechanisms and claims are found by their names. */
	function show() {
		const wanted = search.value.trim().toLowerCase();
		const lines = [...rows, ...claims];
		for (const row of lines)
			row.hidden = hidden.has(row.dataset.f) ||
				!row.cells[0].textContent.toLowerCase().includes(wanted);
		const count = lines.filter(row => !row.hidden).length;
		found.textContent = !wanted && !hidden.size ? "" :
			count ? "found in " + count + " lines" : "nothing has that";
	}
	for (const family of families) {
		const one = make("label", "", set);
		const box = make("input", "", one);
		box.type = "checkbox";
		box.checked = true;
		one.append(" " + family);
		box.addEventListener("change", () => {
			hidden[box.checked ? "delete" : "add"](family);
			show();
		});
	}
	search.addEventListener("input", show);
	make("a", "Contents", tools).href = "#contents";
	document.querySelector("main").before(tools);

	/* A link into what is folded up unfolds it; paper shows all. */
	function unfold() {
		const target = location.hash && document.getElementById(location.hash.slice(1));
		for (let at = target; at; at = at.parentElement)
			if (at.tagName === "DETAILS")
				at.open = true;
	}
	addEventListener("hashchange", unfold);
	unfold();
	addEventListener("beforeprint", () => {
		for (const one of document.querySelectorAll("details"))
			one.open = true;
	});
})();

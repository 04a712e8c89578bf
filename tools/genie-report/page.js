'use strict';
(function () {
	const table = document.getElementById('matrix');
	const source = document.getElementById('cells');
	if (!table || !source)
		return;
	const byId = id => document.getElementById(id);
	const dialog = byId('cell');
	const rows = Array.from(table.tBodies[0].rows);
	/* the columns of outcomes: from first, before end */
	const first = table.tHead.rows[0].querySelector('.it').cellIndex;
	const end = first + table.tHead.rows[0].querySelectorAll('.it').length;
	let data = null;
	let place = null; /* the cell that is open: its row and column */

	/* ---- the data, read at the first click ---- */
	function load() {
		if (data)
			return;
		data = JSON.parse(source.textContent);
		data.at = new Map();
		for (const [question, iteration, cell] of data.cells) {
			const key = question + ' ' + iteration;
			if (!data.at.has(key))
				data.at.set(key, []);
			data.at.get(key).push(cell);
		}
	}
	const text = number => number === undefined || number < 0 ? '' : data.texts[number];

	function element(tag, content, className) {
		const made = document.createElement(tag);
		if (className)
			made.className = className;
		for (const part of [].concat(content === undefined ? [] : content))
			made.append(part);
		return made;
	}

	/* ---- where two SQL texts differ ---- */
	const LARGEST = 4e6; /* pairs of words that are compared */
	function words(sql) {
		return sql.match(/\s+|--[^\n]*|'(?:[^']|'')*'|`[^`]*`|\$\{\w+\}|\w+|[<>!=]=|<>|\|\||[^]/gu) || [];
	}
	function plain(word) {
		return word[0] === "'" ? word : word.replace(/`/g, '').toLowerCase();
	}
	function same(a, b) {
		return a === b || (a.startsWith('${') && /^\w+$/.test(b));
	}
	/* For each text, which of its words have no partner in the other: the longest common subsequence. */
	function differences(left, right) {
		const a = left.filter(w => w.trim()).map(plain), b = right.filter(w => w.trim()).map(plain);
		if (a.length * b.length > LARGEST)
			return null;
		const wide = b.length + 1, length = new Uint16Array((a.length + 1) * wide);
		for (let i = a.length - 1; i >= 0; i--)
			for (let k = b.length - 1; k >= 0; k--)
				length[i * wide + k] = same(a[i], b[k]) ? length[(i + 1) * wide + k + 1] + 1 :
					Math.max(length[(i + 1) * wide + k], length[i * wide + k + 1]);
		const inA = a.map(() => true), inB = b.map(() => true);
		for (let i = 0, k = 0; i < a.length && k < b.length;) {
			if (same(a[i], b[k]))
				inA[i++] = inB[k++] = false;
			else if (length[(i + 1) * wide + k] >= length[i * wide + k + 1])
				i++;
			else
				k++;
		}
		return [inA, inB];
	}
	function marked(list, differs) {
		const pre = element('pre', undefined);
		pre.tabIndex = 0;
		let run = '', isMark = false, at = 0, blank = '';
		const flush = () => {
			if (run)
				pre.append(isMark ? element('mark', run) : run);
			run = '';
		};
		for (const word of list) {
			if (!word.trim()) {
				blank += word;
				continue;
			}
			const mark = differs !== null && differs[at];
			at++;
			if (mark !== isMark) {
				if (isMark) {
					flush();
					run = blank;
				} else {
					run += blank;
					flush();
				}
				isMark = mark;
				run = isMark ? word : run + word;
			} else {
				run += blank + word;
			}
			blank = '';
		}
		flush();
		return pre;
	}
	function sides(cell) {
		const left = words(text(cell.e)), right = words(text(cell.s));
		const found = cell.e === undefined || cell.s === undefined ? [null, null] : differences(left, right);
		const box = element('div', [
			element('div', [element('h3', 'Expected SQL'), marked(left, found && found[0])]),
			element('div', [element('h3', 'Genie’s SQL'), cell.s === undefined ?
				element('p', text(cell.g) ? 'None. Genie wrote: “' + text(cell.g) + '”' : 'None.') :
				marked(right, found && found[1])])], 'sides');
		const equal = found && found[0] && !found[0].includes(true) && !found[1].includes(true);
		const note = found === null ? 'Too long to be compared word by word.' :
			equal ? 'The two differ in nothing but spelling.' :
			found[0] ? 'Marked: what the other one has not. Case, blanks and the values of ${…} do not count.' : '';
		return note ? [box, element('p', note, 'key')] : [box];
	}

	/* ---- the dialog ---- */
	function judges(cell) {
		const body = element('tbody', cell.v.map(([judge, value, why, type]) => {
			const name = element('th', data.judges[judge]);
			name.scope = 'row';
			return element('tr', [name, element('td', text(value), 'verdict'), element('td', text(type)),
				element('td', text(why))]);
		}));
		const head = element('tr', ['Judge', 'Verdict', 'Failure', 'Rationale'].map(title => {
			const made = element('th', title);
			made.scope = 'col';
			return made;
		}));
		const box = element('div', element('table', [element('thead', head), body]), 'wide');
		box.tabIndex = 0;
		box.setAttribute('role', 'group');
		box.setAttribute('aria-label', 'Verdicts of the judges');
		return box;
	}
	function result(cell) {
		const parts = [text(cell.d).startsWith(text(cell.c)) ? '' : text(cell.c), text(cell.d), text(cell.x), text(cell.n),
			text(cell.t) && 'answered in ' + text(cell.t)];
		return element('p', 'Results: ' + parts.filter((part, i) => part && parts.indexOf(part) === i).join('; '));
	}
	function shown(cell, index, all) {
		const parts = [];
		if (all.length > 1)
			parts.push(element('h3', 'Asking ' + (index + 1) + ' of ' + all.length + ': ' + text(cell.o)));
		return parts.concat(result(cell), sides(cell), element('h3', 'Judges'), judges(cell));
	}
	function cellsOf(row, column) {
		return data.at.get(rows[row].dataset.q + ' ' + (column - first)) || [];
	}
	function next(row, column, step) {
		for (let k = column + step; k >= first && k < end; k += step)
			if (cellsOf(row, k).length)
				return k;
		return -1;
	}
	function open(row, column) {
		load();
		const all = cellsOf(row, column);
		if (!all.length)
			return;
		place = { row, column };
		const question = Number(rows[row].dataset.q);
		byId('cell-title').textContent = data.ids[question] + ', ' + data.iterations[column - first] + ': ' +
			text(all[0].o);
		byId('cell-before').disabled = next(row, column, -1) < 0;
		byId('cell-after').disabled = next(row, column, 1) < 0;
		byId('cell-body').replaceChildren(element('p', element('strong', text(data.questions[question]))),
			...all.flatMap(shown));
		if (!dialog.open)
			dialog.showModal();
		byId('cell-body').scrollTop = 0;
	}
	function turn(step) {
		const column = next(place.row, place.column, step);
		if (column >= 0)
			open(place.row, column);
	}
	byId('cell-before').addEventListener('click', () => turn(-1));
	byId('cell-after').addEventListener('click', () => turn(1));
	byId('cell-close').addEventListener('click', () => dialog.close());
	dialog.addEventListener('click', event => {
		if (event.target === dialog)
			dialog.close();
	});
	dialog.addEventListener('close', () => focus(place.row, place.column));

	/* ---- going about in the matrix: one cell is in the order of Tab, arrows move it ---- */
	let current = null;
	function focus(row, column) {
		const cell = rows[row].cells[column];
		if (current)
			current.tabIndex = -1;
		current = cell;
		cell.tabIndex = 0;
		cell.focus();
	}
	function visible(row, step) {
		do
			row += step;
		while (rows[row] && rows[row].hidden);
		return rows[row] ? row : -1;
	}
	function reset() {
		const row = visible(-1, 1);
		if (current)
			current.tabIndex = -1;
		current = row < 0 ? null : rows[row].cells[first];
		if (current)
			current.tabIndex = 0;
	}
	function cellAt(event) {
		const cell = event.target.closest('#matrix tbody td');
		return cell && cell.cellIndex >= first && cell.cellIndex < end ? cell : null;
	}
	table.addEventListener('click', event => {
		const cell = cellAt(event);
		if (cell)
			open(rows.indexOf(cell.parentNode), cell.cellIndex);
	});
	table.addEventListener('keydown', event => {
		const cell = cellAt(event);
		if (!cell)
			return;
		const row = rows.indexOf(cell.parentNode), last = end - 1;
		let to = [row, cell.cellIndex];
		switch (event.key) {
		case 'ArrowLeft': to[1] = Math.max(first, to[1] - 1); break;
		case 'ArrowRight': to[1] = Math.min(last, to[1] + 1); break;
		case 'ArrowUp': to[0] = visible(row, -1); break;
		case 'ArrowDown': to[0] = visible(row, 1); break;
		case 'Home': to[1] = first; break;
		case 'End': to[1] = last; break;
		case 'Enter':
		case ' ': open(row, cell.cellIndex); event.preventDefault(); return;
		default: return;
		}
		event.preventDefault();
		if (to[0] >= 0)
			focus(to[0], to[1]);
	});

	/* ---- search and filter ---- */
	const texts = rows.map(row => Array.from(row.cells).filter((cell, i) => i < first || i >= end).map(cell => cell.textContent).join(' ').toLowerCase());
	function filter() {
		const wanted = byId('find').value.trim().toLowerCase(), state = byId('show').value;
		let n = 0;
		rows.forEach((row, i) => {
			row.hidden = !texts[i].includes(wanted) || (state !== '' && !row.dataset.is.includes(state));
			n += !row.hidden;
		});
		byId('shown').textContent = n + ' of ' + rows.length + ' questions';
		reset();
	}
	byId('find').addEventListener('input', filter);
	byId('show').addEventListener('change', filter);
	byId('controls').addEventListener('submit', event => event.preventDefault());
	byId('controls').hidden = false;
	for (const hint of document.querySelectorAll('.script'))
		hint.hidden = false;
	table.setAttribute('role', 'grid');
	table.setAttribute('aria-label', 'Outcomes by question and evaluation');
	table.classList.add('live');
	filter();
})();

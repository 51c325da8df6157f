"use strict";
(() => {
  // Only so many rows are laid out at once; the rest wait for a filter, the button or the printer.
  const FIRST = 200;
  const get = (id) => document.getElementById(id);
  const table = get("fleet");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const form = get("filters");
  const more = get("more");
  const dialog = get("story");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const data = JSON.parse(get("data").textContent);
  const firstRuntime = heads.findIndex((head) => head.dataset.runtime === "0");

  const read = (row) => {
    const host = data.hosts[row.dataset.host];
    const engine = host.engines[row.dataset.engine];
    const words = [row.textContent, host.message, ...host.groups, ...host.problems.map((one) => one.message)];
    for (const [index, users] of engine ? engine.runtimes : []) {
      const one = data.records[index];
      words.push(one.version, one.sha256, one.resolves_to, ...(users || []).map((user) => user.name));
    }
    return { row, host, engine, cells: [...row.cells], text: words.join(" ").toLowerCase() };
  };

  let rows = [...body.rows].map(read);
  let matched = rows;
  let all = false;

  const show = () => {
    const shown = all ? matched : matched.slice(0, FIRST);
    body.replaceChildren(...shown.map((one) => one.row));
    more.hidden = shown.length === matched.length;
    more.firstChild.textContent = `Show all ${matched.length} rows`;
    get("shown").textContent = `${matched.length} of ${rows.length} rows` + (more.hidden ? "" : `; the first ${shown.length} are shown`);
  };

  const problemTest = (value) => {
    if (!value) return () => true;
    if (value === "sound") return (one) => !one.host.problems.length;
    if (value === "any") return (one) => one.host.problems.length > 0;
    return (one) => one.host.problems.some((problem) => problem.kind === value);
  };

  const stateTest = (runtime, state) => {
    const is = (cell) => (state === "none" ? !cell.dataset.state : state ? cell.dataset.state === state : Boolean(cell.dataset.state));
    if (runtime !== "") return (one) => is(one.cells[firstRuntime + Number(runtime)]);
    if (!state || state === "none") return () => true;
    return (one) => one.cells.some(is);
  };

  const filter = () => {
    const words = get("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const engine = get("by-engine").value;
    const byProblem = problemTest(get("by-problem").value);
    const byState = stateTest(get("by-runtime").value, get("by-state").value);
    matched = rows.filter((one) => words.every((word) => one.text.includes(word)) && byProblem(one) && byState(one)
      && (!engine || one.engine?.engine === engine));
    show();
  };

  const sort = (index) => {
    const down = heads[index].getAttribute("aria-sort") === "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[index].setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (one) => one.cells[index].dataset.sort ?? one.cells[index].textContent;
    const keys = new Map(rows.map((one) => [one, key(one)]));
    const sign = down ? -1 : 1;
    rows = [...rows].sort((one, other) => sign * collator.compare(keys.get(one), keys.get(other)));
    filter();
  };

  // Whatever a host said becomes text, never markup.
  const make = (name, text, ...children) => {
    const found = document.createElement(name);
    if (text) found.textContent = text;
    found.append(...children);
    return found;
  };
  const yes = (value) => (value === null || value === undefined ? "not known" : value ? "yes" : "no");
  const pairs = (list) => {
    const found = make("dl");
    for (const [name, value] of list) {
      if (value !== "" && value !== null && value !== undefined) found.append(make("dt", name), make("dd", String(value)));
    }
    return found;
  };
  const lines = (list) => list.join("\n");

  const tellRuntime = ([index, users, proof]) => {
    const one = data.records[index];
    const found = make("section", "", make("h3", one.name + (one.default ? " (default)" : "")));
    const state = make("p", "", make("span", data.states[one.state]));
    state.firstChild.className = `state ${one.state}`;
    found.append(state, pairs([
      ["In the file", yes(one.in_file)], ["Loaded", yes(one.loaded)], ["Version", one.version], ["Program", one.resolves_to], ["SHA-256", one.sha256],
      ["Path", one.path], ["Arguments", one.args.join(" ")], ["Shim", one.shim || one.shim_path],
      ["Options", lines(Object.entries(one.options).map((pair) => pair.join(": ")))],
      ["Starts", one.binary && lines([one.binary.resolves_to || one.binary.name, one.binary.version, one.binary.sha256].filter(Boolean))],
      ["Containers", users === null ? "not known" : lines(users.map((user) => `${user.name || user.id.slice(0, 12)} (${user.running ? "running" : "stopped"})`)) || "none"],
      ["Differs", lines(one.drift)], ["Trouble", lines(one.trouble)],
    ]));
    if (proof) {
      found.append(pairs([
        ["A container", proof.verdict], ["It took", proof.ms === null ? "" : `${proof.ms} ms`], ["Its kernel", proof.kernel],
        ["Should have run", proof.expected], ["Ran", proof.actual], ["Seen", lines(proof.evidence)], ["Error", proof.error],
      ]));
    }
    return found;
  };

  const tellEngine = (one) => {
    const found = make("div", "", make("h2", one.engine + (one.scope === "user" ? " (user)" : "")));
    found.append(pairs([
      ["Runs", yes(one.running)], ["Version", one.version], ["Has loaded its file", yes(one.live)],
      ["Default runtime", one.default_runtime.loaded || one.default_runtime.in_file], ["File", one.config_path], ["Socket", one.socket], ["Unit", one.unit],
      ["Image store", [one.image_store.kind, one.image_store.driver].filter(Boolean).join(", ")],
      ["Features", lines(Object.entries(one.features).map((pair) => pair.join(": ")))],
      ["Differs from its file", one.drift === null ? "not known" : lines(one.drift.map((each) => each.message)) || "no"],
      ["Trouble", lines(one.trouble)],
    ]), ...one.runtimes.map(tellRuntime));
    return found;
  };

  const tell = (host) => {
    get("story-title").textContent = host.name;
    const docker = host.docker_cli;
    const content = [pairs([
      ["Groups", host.groups.join(", ")],
      ["docker is", docker && [docker.provider, docker.via, docker.version, docker.path, docker.program].filter(Boolean).join(", ")],
      ["Dagger's runner host", host.runner_host && lines([host.runner_host.url, ...host.runner_host.files].filter(Boolean))],
    ])];
    if (host.problems.length) {
      content.push(make("h3", "Findings"), make("ul", "", ...host.problems.map((one) => make("li", `${data.problems[one.kind]}: ${one.message}`))));
    }
    get("story-body").replaceChildren(...content, ...host.engines.map(tellEngine));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  };

  // As Jinja2's urlencode wrote the links.
  const encode = (name) => encodeURIComponent(name).replace(/[!'()*]/g, (char) => "%" + char.charCodeAt(0).toString(16).toUpperCase())
    .replaceAll("%2F", "/");

  const follow = () => {
    const host = data.hosts.find((one) => location.hash === "#host=" + encode(one.name));
    if (host) tell(host);
    else if (dialog.open) dialog.close();
  };

  heads.forEach((head, index) => {
    const button = make("button", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => sort(index));
    head.replaceChildren(button);
  });
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  more.firstChild.addEventListener("click", () => { all = true; show(); });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !event.target.closest("a") && !String(getSelection())) row.querySelector("a").click();
  });
  dialog.addEventListener("close", () => {
    if (!location.hash.startsWith("#host=")) return;
    history.replaceState(null, "", location.pathname + location.search);
  });
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => { all = true; show(); });
  show();
  follow();
})();

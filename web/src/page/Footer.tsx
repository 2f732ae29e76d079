import type { Crisis } from "../api/types";

/** Where to find people to talk to. The same text at the same place on every page; it asks nothing and tracks nothing. */
export function Footer({ crisis }: { crisis: Crisis | null }) {
  return (
    <footer class="footer">
      {crisis && (
        <section aria-labelledby="crisis-title" class="crisis">
          <h2 id="crisis-title">If you need someone now</h2>
          <p>{crisis.text}</p>
          <ul>
            {crisis.lines.map((line) => (
              <li key={line.where + line.name}>
                <span class="crisis-where">{line.where}</span>
                <span>
                  {line.name}: <strong>{line.contact}</strong>
                </span>
                {line.address && <a href={line.address}>{new URL(line.address).hostname.replace(/^www\./, "")}</a>}
              </li>
            ))}
          </ul>
          <p class="quiet">Checked {crisis.checked}.</p>
        </section>
      )}
      <p class="quiet">
        resynapse is free software. It runs on this machine, and nothing you do here leaves it.
      </p>
    </footer>
  );
}

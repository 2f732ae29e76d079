// What every chart owes its reader: a summary, a table, sources, files to take away, and the same run as a command.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { catalogue } from "../state/catalogue";
import { CommandLine } from "../part/CommandLine";
import { linkOf } from "../part/SourceLink";
import { DataTable } from "../part/DataTable";
import { download, fileName } from "../part/download";
import { csv, type Table } from "./table";
import { svgFile } from "./svgFile";

export interface SourceLine {
  words: string;
  address: string;
}

export interface ChartFrameProps {
  title: string;
  summary: string;
  /** Made only when asked for. */
  table: () => Table;
  sources?: SourceLine[];
  command: string;
  children: ComponentChildren;
}

export function ChartFrame({ title, summary, table, sources = [], command, children }: ChartFrameProps) {
  const figure = useRef<HTMLElement>(null);
  const [open, setOpen] = useState(false);
  const remarks = () => [catalogue.value?.not_advice ?? "A model, not medical advice.", summary, command];
  const takeSvg = () => {
    const charts = [...(figure.current?.querySelectorAll<SVGSVGElement>(".chart > svg") ?? [])];
    download(`${fileName(title)}.svg`, "image/svg+xml", svgFile(charts, title, remarks()));
  };
  return (
    <figure ref={figure} class="frame">
      {children}
      <details class="frame-data" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          Data, sources, download<span class="unseen"> of {title}</span>
        </summary>
        {open && (
          <div class="frame-open">
            <p>{summary}</p>
            <DataTable table={table()} caption={`${title}: values over time`} />
            {sources.length > 0 && (
              <ul class="frame-sources">
                {sources.map((source) => (
                  <li key={source.words}>{linkOf(source.address) ? <a href={linkOf(source.address)!}>{source.words}</a> : source.words}</li>
                ))}
              </ul>
            )}
            <p class="frame-files">
              <button type="button" onClick={() => download(`${fileName(title)}.csv`, "text/csv", csv(table(), remarks()))}>
                CSV<span class="unseen"> of {title}</span>
              </button>
              <button type="button" onClick={takeSvg}>
                SVG<span class="unseen"> of {title}</span>
              </button>
            </p>
            <CommandLine command={command} />
          </div>
        )}
      </details>
    </figure>
  );
}

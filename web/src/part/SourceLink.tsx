import type { Source } from "../api/types";

const DOI = /^10\.\d{4,}\//;

/** A digital object identifier leads to its page; an address is one already; anything else is no link. */
export function linkOf(address: string): string | null {
  if (DOI.test(address)) return `https://doi.org/${address}`;
  return /^https?:\/\//.test(address) ? address : null;
}

/** A source as a reader would cite it. */
export function SourceLink({ source }: { source: Source }) {
  const href = linkOf(source.address);
  const title = source.title || source.address || source.key;
  return (
    <>
      {source.authors} {source.year && !source.authors.includes(source.year) && `(${source.year})`}{" "}
      {href ? <a href={href}>{title}</a> : title}
      {source.read_as && <span class="quiet"> Read as {source.read_as}.</span>}
    </>
  );
}

// A chart as a file of its own: styles written out, so that it looks the same anywhere, and the warning under it.
const WRITTEN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];
const NS = "http://www.w3.org/2000/svg";
const LINE_PX = 16;

export function svgFile(charts: SVGSVGElement[], title: string, remarks: string[]): string {
  const whole = document.createElementNS(NS, "svg");
  const ground = getComputedStyle(document.body);
  const width = Math.max(...charts.map((chart) => chart.clientWidth || Number(chart.getAttribute("width"))));
  let y = 34;
  const parts = charts.map((chart) => {
    const copy = styled(chart);
    copy.setAttribute("y", String(y));
    y += Number(chart.getAttribute("height")) + 8;
    return copy;
  });
  const height = y + remarks.length * LINE_PX + 12;
  whole.setAttribute("xmlns", NS);
  whole.setAttribute("viewBox", `0 0 ${width} ${height}`);
  whole.setAttribute("width", String(width));
  whole.setAttribute("height", String(height));
  whole.append(rectangle(width, height, ground.backgroundColor), text(12, 22, title, ground.color, 15));
  whole.append(...parts);
  remarks.forEach((remark, index) => whole.append(text(12, y + 14 + index * LINE_PX, remark, ground.color, 11)));
  return new XMLSerializer().serializeToString(whole);
}

function styled(chart: SVGSVGElement): SVGSVGElement {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const originals = [chart, ...chart.querySelectorAll("*")];
  const copies = [copy, ...copy.querySelectorAll("*")];
  originals.forEach((original, index) => {
    const style = getComputedStyle(original);
    const target = copies[index]!;
    for (const name of WRITTEN) target.setAttribute(name, style.getPropertyValue(name));
    target.removeAttribute("class");
    target.removeAttribute("style");
  });
  return copy;
}

function rectangle(width: number, height: number, fill: string): SVGElement {
  const element = document.createElementNS(NS, "rect");
  element.setAttribute("width", String(width));
  element.setAttribute("height", String(height));
  element.setAttribute("fill", fill);
  return element;
}

function text(x: number, y: number, words: string, fill: string, size: number): SVGElement {
  const element = document.createElementNS(NS, "text");
  element.setAttribute("x", String(x));
  element.setAttribute("y", String(y));
  element.setAttribute("fill", fill);
  element.setAttribute("font-size", String(size));
  element.setAttribute("font-family", "sans-serif");
  element.textContent = words;
  return element;
}

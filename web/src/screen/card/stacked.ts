/** Dots on a line, each as low as it can be without touching another; in the order given. */
export function stacked(places: number[], apart: number): { x: number; level: number }[] {
  const put: { x: number; level: number }[] = [];
  return places.map((x) => {
    const near = put.filter((dot) => Math.abs(dot.x - x) < apart);
    let level = 0;
    while (near.some((dot) => dot.level === level)) level += 1;
    const dot = { x, level };
    put.push(dot);
    return dot;
  });
}

import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** The width that the page gives an element; charts are drawn to it, not stretched. */
export function useWidth<E extends Element>(first = 640) {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(first);
  useLayoutEffect(() => {
    if (!element.current) return;
    setWidth(Math.floor(element.current.getBoundingClientRect().width) || first);
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width) || first));
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return [element, width] as const;
}

export function Breaking() {
  return <h1>Breaking</h1>;
}

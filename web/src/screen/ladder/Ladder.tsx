export function Ladder() {
  return <h1>Ladder</h1>;
}

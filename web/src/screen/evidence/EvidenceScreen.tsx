export function EvidenceScreen() {
  return <h1>EvidenceScreen</h1>;
}

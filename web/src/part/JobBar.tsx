import type { JobWatch } from "../api/job";
import { running } from "../api/job";
import { CommandLine } from "./CommandLine";
import { Mistakes } from "./Mistakes";

const STATES = { queued: "Waiting its turn", running: "Computing", done: "Done", failed: "Failed", cancelled: "Cancelled" };

/** How far a long computation has come, with a way to stop it. */
export function JobBar({ watch }: { watch: JobWatch }) {
  const job = watch.job.value;
  return (
    <>
      <Mistakes mistakes={watch.mistakes.value} />
      {job && (
        <div class="job">
          <p class="job-state" role="status">
            {STATES[job.state]}
            {job.message && running(job) && `: ${job.message}`}
            {job.message && job.state === "failed" && `: ${job.message}`}
          </p>
          {running(job) && (
            <div class="job-row">
              <progress max={1} value={job.progress} aria-label={job.title} />
              <span>{Math.round(job.progress * 100)} %</span>
              <button type="button" onClick={() => void watch.cancel()}>
                Cancel
              </button>
            </div>
          )}
          {job.state === "done" && <CommandLine command={job.command} />}
        </div>
      )}
    </>
  );
}

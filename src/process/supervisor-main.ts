import { runSupervisor } from "./supervisor-program.ts";
import { startWorker } from "./worker-process.ts";

// The supervisor of workers that run by themselves.
runSupervisor(startWorker);

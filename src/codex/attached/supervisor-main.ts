import { runSupervisor } from "../../process/supervisor-program.ts";
import { startAttached } from "./start.ts";

// The supervisor of attached workers: it holds the line to the app-server.
runSupervisor(startAttached);

import * as z from "zod";

// Programs that live for seconds import this before any schema is made: to compile parsers costs more than the few records they read.
z.config({ jitless: true });

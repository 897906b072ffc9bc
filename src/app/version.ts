declare const CCO_VERSION: string;

/** Version of this package; the build puts it in. */
export const VERSION: string = CCO_VERSION;

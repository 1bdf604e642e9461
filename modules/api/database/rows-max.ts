/** What a query may give unless it says otherwise. */
export const rowsMaxDefault = 100_000;

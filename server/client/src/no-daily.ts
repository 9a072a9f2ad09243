/** Stands in for @daily-co/daily-js, which the transport imports and this page never calls. */
export default {};

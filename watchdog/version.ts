/** The project's version, which the executable carries inside; a test holds it equal to package.json's. */
export const VERSION = '0.1.0';

// Epilogues by the instructions that every machine of the architecture has.
#define CK_SET baseline
#include "epilogue/finishers.h"

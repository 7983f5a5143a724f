#define JVERSION "mozjpeg"
#define JCOPYRIGHT ""
#define JCOPYRIGHT_SHORT ""

package domain

import (
	"mime"
	"path"
	"slices"
	"strings"
)

// FileName is a document's name as Windows and Smokeball take it: without what can't be seen,
// without blanks around it and dots at its end, with signs and device names that Windows
// reserves replaced, and with the extension of its content type where it has none.
func FileName(name, contentType string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, Text(name))
	name = strings.TrimRight(name, ". ")
	stem, extension := name, path.Ext(name)
	if isExtension(extension) {
		stem = strings.TrimRight(strings.TrimSuffix(name, extension), ". ")
	} else {
		extension = extensionOf(contentType)
	}
	if first, _, _ := strings.Cut(stem, "."); stem == "" || isDevice(strings.TrimSpace(first)) {
		stem = "_" + stem
	}
	return stem + extension
}

// isExtension reports whether what follows the last dot is an extension, not a part of a name
// such as “Rivera v. Apex”.
func isExtension(s string) bool {
	return len(s) > 1 && len(s) <= 10 && !strings.ContainsAny(s, " ,;()")
}

// isDevice reports whether Windows takes the name for a device, whatever follows its dot.
func isDevice(stem string) bool {
	stem = strings.ToUpper(stem)
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}, stem) {
		return true
	}
	rest, isPort := strings.CutPrefix(stem, "COM")
	if !isPort {
		rest, isPort = strings.CutPrefix(stem, "LPT")
	}
	return isPort && len([]rune(rest)) == 1 && strings.Contains("123456789¹²³", rest)
}

// extensionOf is the extension of a content type, .bin of one that nobody knows.
func extensionOf(contentType string) string {
	media, _, _ := mime.ParseMediaType(contentType)
	if e, ok := extensions[media]; ok {
		return e
	}
	return ".bin"
}

// extensions are those of the content types that law firms meet. It is only read.
var extensions = map[string]string{
	"application/pdf": ".pdf", "application/msword": ".doc", "application/rtf": ".rtf", "text/rtf": ".rtf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt", "application/vnd.ms-outlook": ".msg",
	"application/vnd.oasis.opendocument.text": ".odt", "message/rfc822": ".eml", "application/json": ".json", "application/xml": ".xml",
	"application/zip": ".zip", "text/plain": ".txt", "text/csv": ".csv", "text/html": ".html", "text/xml": ".xml", "text/calendar": ".ics", "text/vcard": ".vcf",
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/tiff": ".tif", "image/heic": ".heic", "image/webp": ".webp", "image/bmp": ".bmp",
	"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/wav": ".wav", "video/mp4": ".mp4", "video/quicktime": ".mov",
}

"""Tables in the true layouts of museums' open data, small and invented: header as published, a few rows each."""

from __future__ import annotations

from pathlib import Path

from tests.catalogue.files import delimited, write

MET = (
    "Object Number,Is Highlight,Is Timeline Work,Is Public Domain,Object ID,Gallery Number,Department,AccessionYear,Object Name,"
    "Title,Culture,Period,Dynasty,Reign,Portfolio,Constituent ID,Artist Role,Artist Prefix,Artist Display Name,Artist Display Bio,"
    "Artist Suffix,Artist Alpha Sort,Artist Nationality,Artist Begin Date,Artist End Date,Artist Gender,Artist ULAN URL,"
    "Artist Wikidata URL,Object Date,Object Begin Date,Object End Date,Medium,Dimensions,Credit Line,Geography Type,City,State,"
    "County,Country,Region,Subregion,Locale,Locus,Excavation,River,Classification,Rights and Reproduction,Link Resource,"
    "Object Wikidata URL,Metadata Date,Repository,Tags,Tags AAT URL,Tags Wikidata URL"
)
MOMA = (
    "Title,Artist,ConstituentID,ArtistBio,Nationality,BeginDate,EndDate,Gender,Date,Medium,Dimensions,CreditLine,AccessionNumber,"
    "Classification,Department,DateAcquired,Cataloged,ObjectID,URL,ImageURL,OnView,Circumference (cm),Depth (cm),Diameter (cm),"
    "Height (cm),Length (cm),Weight (kg),Width (cm),Seat Height (cm),Duration (sec.)"
)
CLEVELAND = (
    "id,accession_number,share_license_status,tombstone,current_location,title,title_in_original_language,series,"
    "series_in_original_language,creation_date,creation_date_earliest,creation_date_latest,creators,culture,technique,"
    "support_materials,department,collection,type,measurements,state_of_the_work,edition_of_the_work,creditline,copyright,"
    "inscriptions,exhibitions,provenance,find_spot,related_works,fun_fact,digital_description,wall_description,citations,"
    "catalogue_raisonne,url,image_web,image_print,image_full,updated_at"
)
TATE = (
    "id,accession_number,artist,artistRole,artistId,title,dateText,medium,creditLine,year,acquisitionYear,dimensions,width,height,"
    "depth,units,inscription,thumbnailCopyright,thumbnailUrl,url"
)
TATE_ARTISTS = "id,name,gender,dates,yearOfBirth,yearOfDeath,placeOfBirth,placeOfDeath,url"
NGA = (
    "objectid,accessioned,accessionnum,locationid,title,displaydate,beginyear,endyear,visualbrowsertimespan,medium,dimensions,"
    "inscription,markings,attributioninverted,attribution,provenancetext,creditline,classification,subclassification,"
    "visualbrowserclassification,parentid,isvirtual,departmentabbr,portfolio,series,volume,watermarks,lastdetectedmodification,"
    "wikidataid,customprinturl"
)
NGA_CREDITS = "objectid,constituentid,displayorder,roletype,role,prefix,suffix,displaydate,beginyear,endyear,country,zipcode"
NGA_PEOPLE = (
    "constituentid,ulanid,preferreddisplayname,forwarddisplayname,lastname,displaydate,artistofngaobject,beginyear,endyear,"
    "visualbrowsertimespan,nationality,visualbrowsernationality,constituenttype,wikidataid"
)
NGA_PICTURES = (
    "uuid,iiifurl,iiifthumburl,viewtype,sequence,width,height,maxpixels,created,modified,depictstmsobjectid,assistivetext"
)
FAMOUS = "work_id,name,artist_id,style,museum_id"


def table(path: Path, header: str, *rows: dict[str, str], encoding: str = "utf-8", end: str = "\n") -> Path:
    """A table of these columns; a row names only the cells that it fills."""
    columns = header.split(",")
    assert all(set(row) <= set(columns) for row in rows), "a column that the layout does not have"
    return write(path, delimited([columns, *([row.get(name, "") for name in columns] for row in rows)], end=end), encoding)


def met(folder: Path) -> Path:
    irises = {
        "Object Number": "58.187",
        "Object ID": "436528",
        "Department": "European Paintings",
        "Object Name": "Painting",
        "Title": "Irises",
        "Artist Role": "Artist",
        "Artist Display Name": "Vincent van Gogh",
        "Artist Display Bio": "Dutch, Zundert 1853–1890 Auvers-sur-Oise",
        "Artist Alpha Sort": "Gogh, Vincent van",
        "Artist Nationality": "Dutch",
        "Artist Begin Date": "1853      ",
        "Artist End Date": "1890      ",
        "Object Date": "1890",
        "Object Begin Date": "1890",
        "Object End Date": "1890",
        "Medium": "Oil on canvas",
        "Classification": "Paintings",
        "Dimensions": "29 x 36 1/4 in. (73.7 x 92.1 cm)",
        "Credit Line": "Gift of somebody, 1958",
        "Tags": "Flowers|Irises",
        "Repository": "Metropolitan Museum of Art, New York, NY",
        "Link Resource": "http://www.metmuseum.org/art/collection/search/436528",
    }
    print_ = {
        "Object Number": "17.3.1",
        "Object ID": "99",
        "Object Name": "Print",
        "Culture": "Netherlandish",
        "Artist Role": "Artist|Publisher",
        "Artist Prefix": "After|",
        "Artist Display Name": "Pieter Bruegel|Hieronymus Cock",
        "Artist Display Bio": "Netherlandish, died 1569|Netherlandish, 1518–1570",
        "Artist Alpha Sort": "Bruegel, Pieter|Cock, Hieronymus",
        "Artist Begin Date": "1525|1518",
        "Artist End Date": "1569|1570",
        "Object Date": "ca. 1555–56",
        "Object Begin Date": "1550",
        "Object End Date": "1560",
        "Medium": "Etching",
        "Period": "Renaissance",
    }
    return table(folder / "MetObjects.csv", MET, irises, print_, {"Object Number": "x"}, encoding="utf-8-sig", end="\r\n")


def moma(folder: Path) -> Path:
    house = {
        "Title": "House VI, project",
        "Artist": "Peter Eisenman, Robert Cole",
        "ConstituentID": "6969, 8134",
        "ArtistBio": "(American, born 1932) ()",
        "Nationality": "(American) ()",
        "BeginDate": "(1932) (0)",
        "EndDate": "(0) (0)",
        "Date": "1975",
        "Medium": "Ink on vellum",
        "AccessionNumber": "980.1979",
        "Classification": "Architecture",
        "ObjectID": "17",
        "ImageURL": "https://www.moma.org/media/abc/house.jpg?sha=1",
        "Height (cm)": "34.3",
    }
    one = {
        "Title": "Untitled",
        "Artist": "Frank Stella, Jr.",
        "ConstituentID": "5640",
        "ArtistBio": "(American, 1936–2024)",
        "Nationality": "(American)",
        "BeginDate": "(1936)",
        "EndDate": "(2024)",
        "Date": "1958-59",
        "ObjectID": "18",
    }
    return table(folder / "Artworks.csv", MOMA, house, one, {"Title": "no number"})


def cleveland(folder: Path) -> Path:
    portrait = {
        "id": "94979",
        "accession_number": "1915.534",
        "share_license_status": "CC0",
        "tombstone": "Nathaniel Hurd, c. 1765. …",
        "current_location": "203 Colonial American",
        "title": "Nathaniel Hurd",
        "creation_date": "c. 1765",
        "creation_date_earliest": "1760",
        "creation_date_latest": "1770",
        "creators": "John Singleton Copley (American, 1738–1815), artist; A. Nobody (German; active Rome), framer; Unknown",
        "culture": "America",
        "technique": "oil on canvas",
        "type": "Painting",
        "measurements": "Framed: 90.5 x 78 cm",
        "wall_description": "A silversmith, at ease.",
        "url": "https://clevelandart.org/art/1915.534",
        "image_web": "https://openaccess-cdn.clevelandart.org/1915.534/1915.534_web.jpg",
    }
    return table(folder / "data.csv", CLEVELAND, portrait, {"title": "no id"})


def tate(folder: Path, artists: bool = True) -> Path:
    if artists:
        blake = {
            "id": "38",
            "name": "Blake, Robert",
            "dates": "1762–1787",
            "yearOfBirth": "1762",
            "yearOfDeath": "1787",
            "placeOfBirth": "London, United Kingdom",
            "placeOfDeath": "London, United Kingdom",
        }
        living = {
            "id": "10093",
            "name": "Abakanowicz, Magdalena",
            "dates": "born 1930",
            "yearOfBirth": "1930",
            "placeOfBirth": "Polska",
        }
        table(
            folder / "artist_data.csv",
            TATE_ARTISTS,
            blake,
            living,
            {"id": "5", "name": "Somebody"},
            encoding="utf-8-sig",
            end="\r\n",
        )
    figure = {
        "id": "1035",
        "accession_number": "A00001",
        "artist": "Blake, Robert",
        "artistRole": "artist",
        "artistId": "38",
        "title": "A Figure Bowing",
        "dateText": "date not known",
        "medium": "Watercolour",
        "creditLine": "Presented 1922",
        "dimensions": "support: 394 x 419 mm",
        "thumbnailUrl": "http://www.tate.org.uk/art/images/work/A/A00/A00001_8.jpg",
    }
    preaching = {
        "id": "1037",
        "accession_number": "A00003",
        "artist": "Blake, Robert",
        "artistRole": "after",
        "artistId": "38",
        "title": "The Preaching",
        "dateText": "?c.1785",
        "year": "1785",
    }
    path = table(folder / "artwork_data.csv", TATE, figure, preaching)
    return write(path, path.read_text(encoding="utf-8") + '99034,AR00397,"Warhol, Andy",artist,2121,"Fashion')


def nga(folder: Path) -> Path:
    path = table(
        folder / "objects.csv",
        NGA,
        {
            "objectid": "50724",
            "accessioned": "1",
            "accessionnum": "1967.6.1.a",
            "title": "Ginevra",
            "displaydate": "c. 1474/1478",
            "beginyear": "1474",
            "endyear": "1478",
            "visualbrowsertimespan": "1401 to 1500",
            "medium": "oil on panel",
            "attributioninverted": "Leonardo da Vinci",
            "attribution": "Leonardo da Vinci",
            "classification": "Painting",
            "visualbrowserclassification": "painting",
            "departmentabbr": "CIS-R",
        },
        {"objectid": "2", "title": "Nobody's", "classification": "Print", "attribution": "American 20th Century"},
    )
    table(
        folder / "constituents.csv",
        NGA_PEOPLE,
        {
            "constituentid": "825",
            "preferreddisplayname": "Leonardo da Vinci",
            "displaydate": "Florentine, 1452 - 1519",
            "beginyear": "1452",
            "endyear": "1519",
            "nationality": "Italian",
            "constituenttype": "individual",
        },
        {"constituentid": "14", "preferreddisplayname": "Evans, Thomas M., Mrs.", "displaydate": "1923 - 2013"},
        {"constituentid": "13", "preferreddisplayname": "Anonymous", "displaydate": "Anonymous"},
    )
    table(
        folder / "objects_constituents.csv",
        NGA_CREDITS,
        {"objectid": "50724", "constituentid": "14", "displayorder": "1", "roletype": "donor"},
        {"objectid": "50724", "constituentid": "13", "displayorder": "2", "roletype": "artist", "prefix": "Follower of"},
        {"objectid": "50724", "constituentid": "825", "displayorder": "1", "roletype": "artist"},
    )
    table(
        folder / "published_images.csv",
        NGA_PICTURES,
        {
            "uuid": "u2",
            "iiifurl": "https://api.nga.gov/iiif/u2",
            "viewtype": "alternate",
            "sequence": "1",
            "depictstmsobjectid": "50724",
        },
        {
            "uuid": "u1",
            "iiifurl": "https://api.nga.gov/iiif/u1",
            "viewtype": "primary",
            "sequence": "0",
            "depictstmsobjectid": "50724",
        },
    )
    return path


def famous(folder: Path) -> Path:
    table(
        folder / "artist.csv",
        "artist_id,full_name,first_name,middle_names,last_name,nationality,style,birth,death",
        {
            "artist_id": "500",
            "full_name": "Pierre-Auguste Renoir",
            "first_name": "Pierre",
            "middle_names": "Auguste",
            "last_name": "Renoir",
            "nationality": "French",
            "birth": "1841",
            "death": "1919",
        },
        {"artist_id": "502", "full_name": "James Ensor", "first_name": "James", "last_name": "Ensor", "birth": "1860"},
    )
    columns = "museum_id,name,address,city,state,postal,country,phone,url"
    table(folder / "museum.csv", columns, {"museum_id": "30", "name": "The Museum", "city": "New York", "country": "USA"})
    table(
        folder / "subject.csv", "work_id,subject", {"work_id": "1", "subject": "Musics"}, {"work_id": "1", "subject": "Portraits"}
    )
    first = {"work_id": "1", "name": "At the Piano", "artist_id": "500", "style": "Impressionism", "museum_id": "30"}
    return table(folder / "work.csv", FAMOUS, first, {"work_id": "2", "name": "Masks", "artist_id": "502"}, first)
